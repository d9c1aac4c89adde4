//! `spin.toml`, manifest version 2. Unknown keys are errors, as they are in Spin.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::trigger::{ComponentSetting, HttpTrigger};

/// A manifest as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    spin_manifest_version: i64,
    pub(crate) application: Application,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Variable>,
    #[serde(default)]
    pub(crate) trigger: Triggers,
    #[serde(default)]
    pub(crate) component: BTreeMap<String, Component>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) version: String,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "authors")]
    _authors: Vec<String>,
    #[serde(default, rename = "targets")]
    _targets: Vec<toml::Value>,
    #[serde(default)]
    trigger: GlobalTriggers,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlobalTriggers {
    #[serde(default)]
    http: GlobalHttp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlobalHttp {
    base: Option<String>,
}

/// An application variable: required, or with a default, never both.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    #[serde(default)]
    pub(crate) required: bool,
    pub(crate) default: Option<String>,
    // This host never shows a value, secret or not.
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Triggers {
    #[serde(default)]
    pub(crate) http: Vec<HttpTrigger>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    source: toml::Value,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) environment: HashMap<String, String>,
    #[serde(default)]
    pub(crate) files: Vec<FileMount>,
    #[serde(default)]
    pub(crate) exclude_files: Vec<String>,
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    key_value_stores: Vec<String>,
    #[serde(default)]
    sqlite_databases: Vec<String>,
    #[serde(default)]
    ai_models: Vec<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    dependencies_inherit_configuration: bool,
    // What Spin's own tools read; nothing for a host.
    #[serde(default, rename = "build")]
    _build: Option<toml::Value>,
    #[serde(default, rename = "tool")]
    _tool: Option<toml::Value>,
    #[serde(default, rename = "targets")]
    _targets: Option<toml::Value>,
    #[serde(default, rename = "profile")]
    _profile: Option<toml::Value>,
}

/// Files that a component may read.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum FileMount {
    /// Files by pattern, found under the same relative path inside.
    Pattern(String),
    /// A folder (or file), found under another, absolute path inside.
    Placed(Placement),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Placement {
    pub(crate) source: String,
    pub(crate) destination: String,
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("read the manifest {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in the manifest {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut manifest: Self = toml::from_str(text)?;
        ensure!(
            manifest.spin_manifest_version == 2,
            "spin_manifest_version is {}; only version 2 is supported",
            manifest.spin_manifest_version
        );
        manifest.name_inline_components();
        let base = manifest
            .application
            .trigger
            .http
            .base
            .as_deref()
            .unwrap_or("/");
        ensure!(
            base == "/",
            "application.trigger.http.base is `{base}`; Spin accepts only \"/\""
        );
        for (name, variable) in &manifest.variables {
            check_variable(name, variable).with_context(|| format!("variable `{name}`"))?;
        }
        for (id, component) in &manifest.component {
            check_component(id, component).with_context(|| format!("component `{id}`"))?;
        }
        for trigger in &manifest.trigger.http {
            trigger
                .check(&manifest.component)
                .with_context(|| trigger.describe())?;
        }
        Ok(manifest)
    }

    /// Gives each component that stands inside a trigger an id and a place among the others.
    fn name_inline_components(&mut self) {
        let mut number = 0;
        for trigger in &mut self.trigger.http {
            if !matches!(trigger.component, Some(ComponentSetting::Inline(_))) {
                continue;
            }
            let id = loop {
                number += 1;
                let id = format!("inline-component{number}");
                if !self.component.contains_key(&id) {
                    break id;
                }
            };
            let named = Some(ComponentSetting::Id(id.clone()));
            if let Some(ComponentSetting::Inline(component)) =
                std::mem::replace(&mut trigger.component, named)
            {
                self.component.insert(id, *component);
            }
        }
    }

    /// Leaves only the triggers of these components.
    pub(crate) fn select(&mut self, ids: &[String]) -> Result<()> {
        for id in ids {
            ensure!(
                self.component.contains_key(id),
                "--component-id: `{id}` is not in the manifest"
            );
        }
        self.trigger.http.retain(|trigger| {
            let id = trigger.component_id();
            id.is_some_and(|id| ids.iter().any(|wanted| wanted == id))
        });
        Ok(())
    }
}

impl Component {
    /// Where the module or component file is.
    pub(crate) fn source_path(&self) -> Result<&str> {
        self.source.as_str().context(
            "its source is not a local file; components from the network are not supported here",
        )
    }
}

fn check_variable(name: &str, variable: &Variable) -> Result<()> {
    super::variables::check_name(name).map_err(anyhow::Error::msg)?;
    ensure!(
        variable.required != variable.default.is_some(),
        "needs either `required = true` or a default"
    );
    Ok(())
}

fn check_component(id: &str, component: &Component) -> Result<()> {
    ensure!(
        is_kebab(id),
        "a component's id is kebab-case, such as `my-account`"
    );
    component.source_path()?;
    for name in component.variables.keys() {
        super::variables::check_name(name).map_err(anyhow::Error::msg)?;
    }
    for (used, what) in [
        (!component.key_value_stores.is_empty(), "key_value_stores"),
        (!component.sqlite_databases.is_empty(), "sqlite_databases"),
        (!component.ai_models.is_empty(), "ai_models"),
        (!component.dependencies.is_empty(), "dependencies"),
        (
            component.dependencies_inherit_configuration,
            "dependencies_inherit_configuration",
        ),
    ] {
        ensure!(
            !used,
            "{what} are not supported by this host; run the application with Spin"
        );
    }
    Ok(())
}

/// Words joined by `-`; each begins with a letter and is all lower or all upper case.
fn is_kebab(id: &str) -> bool {
    id.split('-').all(|word| {
        let one_case = !(word.contains(|c: char| c.is_ascii_lowercase())
            && word.contains(|c: char| c.is_ascii_uppercase()));
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric())
            && one_case
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "spin_manifest_version = 2\n[application]\nname = \"test\"\n";

    fn error(rest: &str) -> String {
        format!(
            "{:#}",
            Manifest::parse(&format!("{HEAD}{rest}")).unwrap_err()
        )
    }

    #[test]
    fn a_full_manifest_is_read() {
        let manifest = Manifest::parse(&format!(
            r#"{HEAD}
            version = "1.0.0"
            authors = ["a"]
            [variables]
            dsn = {{ required = true, secret = true }}
            level = {{ default = "info", description = "how much to say" }}
            [[trigger.http]]
            route = "/my/account"
            component = "my-account"
            [[trigger.http]]
            route = "/my/account/setup"
            component = "my-account"
            [[trigger.http]]
            route = {{ private = true }}
            component = "my-account"
            [[trigger.http]]
            route = "/gone"
            static_response = {{ status_code = 410, headers = {{ a = "b" }}, body = "gone" }}
            [component.my-account]
            source = "target/my_account.wasm"
            files = ["a/*.txt", {{ source = "out", destination = "/portal" }}]
            allowed_outbound_hosts = ["{{{{ db_host }}}}"]
            [component.my-account.variables]
            dsn = "{{{{ dsn }}}}"
            [component.my-account.build]
            command = "cargo build"
            "#
        ))
        .unwrap();
        assert_eq!(manifest.trigger.http.len(), 4);
        assert!(manifest.variables["dsn"].required);
        let component = &manifest.component["my-account"];
        assert_eq!(component.source_path().unwrap(), "target/my_account.wasm");
        assert_eq!(component.files.len(), 2);
    }

    #[test]
    fn unknown_keys_are_errors() {
        assert!(error("colour = 1").contains("colour"));
        assert!(error("[component.a]\nsource = \"a\"\nfile = []").contains("file"));
        assert!(error("[[trigger.redis]]\nchannel = \"a\"").contains("redis"));
    }

    #[test]
    fn variables_are_required_or_have_a_default() {
        assert!(error("[variables]\nv = {}").contains("variable `v`"));
        assert!(error("[variables]\nv = { required = true, default = \"\" }").contains("either"));
        assert!(error("[variables]\nBad = { default = \"\" }").contains("Bad"));
    }

    #[test]
    fn triggers_name_what_exists() {
        let missing = error("[[trigger.http]]\nroute = \"/a\"\ncomponent = \"nobody\"");
        assert!(
            missing.contains("`/a`") && missing.contains("nobody"),
            "{missing}"
        );
        assert!(error("[[trigger.http]]\nroute = \"/a\"").contains("static_response"));
    }

    #[test]
    fn inline_components_get_an_id() {
        let text = format!(
            "{HEAD}[[trigger.http]]\nroute = \"/a\"\ncomponent = {{ source = \"a.wasm\" }}\n\
             [[trigger.http]]\nroute = \"/b\"\ncomponent = {{ source = \"b.wasm\" }}\n\
             [component.inline-component1]\nsource = \"c.wasm\""
        );
        let manifest = Manifest::parse(&text).unwrap();
        let ids: Vec<_> = manifest.component.keys().collect();
        assert_eq!(
            ids,
            [
                "inline-component1",
                "inline-component2",
                "inline-component3"
            ]
        );
        let second = manifest.trigger.http[1].component_id().unwrap();
        assert_eq!(manifest.component[second].source_path().unwrap(), "b.wasm");
    }

    #[test]
    fn components_can_be_selected() {
        let text = format!(
            "{HEAD}[[trigger.http]]\nroute = \"/a\"\ncomponent = \"a\"\n\
             [[trigger.http]]\nroute = \"/b\"\ncomponent = \"b\"\n\
             [component.a]\nsource = \"a\"\n[component.b]\nsource = \"b\""
        );
        let mut manifest = Manifest::parse(&text).unwrap();
        assert!(manifest.select(&["c".to_owned()]).is_err());
        manifest.select(&["b".to_owned()]).unwrap();
        assert_eq!(manifest.trigger.http.len(), 1);
    }

    #[test]
    fn what_the_host_cannot_do_is_refused() {
        let text = error("[component.a]\nsource = \"a\"\nkey_value_stores = [\"default\"]");
        assert!(
            text.contains("component `a`") && text.contains("key_value_stores"),
            "{text}"
        );
        assert!(error("[component.a]\nsource = { url = \"x\", digest = \"y\" }").contains("local"));
        assert!(error("[component.aB]\nsource = \"a\"").contains("kebab"));
    }

    #[test]
    fn other_versions_are_refused() {
        let text = "spin_manifest_version = 1\n[application]\nname = \"x\"";
        assert!(format!("{:#}", Manifest::parse(text).unwrap_err()).contains("version 2"));
    }
}

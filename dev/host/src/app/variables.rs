//! Application variables: where their values come from, and which of them a component sees.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result, bail, ensure};

use super::manifest::{Manifest, Variable};
use super::runtime_config::Provider;
use super::template::Template;

/// The values of all variables of the application. No `Debug`: they may be secret.
pub(crate) struct Variables(HashMap<String, String>);

/// The variables that one component has mapped for itself.
pub(crate) type ComponentVariables = HashMap<String, String>;

impl Variables {
    /// Finds a value for each variable: command line, then providers in their order, then the
    /// environment (`SPIN_VARIABLE_<NAME>`), then the default.
    pub(crate) fn resolve(
        manifest: &Manifest,
        command_line: &BTreeMap<String, String>,
        providers: &[Provider],
    ) -> Result<Self> {
        for name in command_line.keys() {
            if !manifest.variables.contains_key(name) {
                tracing::warn!(variable = %name, "--variable names nothing in the manifest");
            }
        }
        let mut values = HashMap::new();
        let mut missing = Vec::new();
        for (name, variable) in &manifest.variables {
            match find(name, variable, command_line, providers) {
                Some(value) => drop(values.insert(name.clone(), value)),
                None => missing.push(name.as_str()),
            }
        }
        ensure!(missing.is_empty(), "{}", missing_text(&missing));
        Ok(Self(values))
    }

    /// Puts the variables into `text`.
    pub(crate) fn fill(&self, text: &str) -> Result<String> {
        Template::parse(text)?.resolve(|name| self.0.get(name).map(String::as_str))
    }

    /// What one component sees.
    pub(crate) fn of_component(
        &self,
        mapping: &BTreeMap<String, String>,
    ) -> Result<ComponentVariables> {
        mapping
            .iter()
            .map(|(name, text)| {
                let value = self
                    .fill(text)
                    .with_context(|| format!("variable `{name}`"))?;
                Ok((name.clone(), value))
            })
            .collect()
    }
}

fn find(
    name: &str,
    variable: &Variable,
    command_line: &BTreeMap<String, String>,
    providers: &[Provider],
) -> Option<String> {
    command_line
        .get(name)
        .cloned()
        .or_else(|| providers.iter().find_map(|provider| provider.get(name)))
        .or_else(|| Provider::environment().get(name))
        .or_else(|| variable.default.clone())
}

fn missing_text(names: &[&str]) -> String {
    let ways: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "  {name}: --variable {name}=… or SPIN_VARIABLE_{}",
                name.to_uppercase()
            )
        })
        .collect();
    format!(
        "no value for the required variable(s) {}:\n{}",
        names.join(", "),
        ways.join("\n")
    )
}

/// Reads `--variable`: `name=value`, `name=@file`, `@file.toml`, `@file.json`.
pub(crate) fn parse_command_line(arguments: &[String]) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for argument in arguments {
        if let Some(file) = argument.strip_prefix('@') {
            values.extend(read_table(file)?);
            continue;
        }
        let (name, value) = argument
            .split_once('=')
            .context("--variable needs NAME=VALUE or @FILE")?;
        check_name(name).map_err(anyhow::Error::msg)?;
        let value = match value.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("read `{file}` for the variable `{name}`"))?,
            None => value.to_owned(),
        };
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

fn read_table(file: &str) -> Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read `{file}`"))?;
    let extension = file.rsplit_once('.').map(|(_, extension)| extension);
    match extension {
        Some("toml") => {
            super::read_toml(&text).with_context(|| format!("read variables of `{file}`"))
        }
        Some("json") => {
            serde_json::from_str(&text).with_context(|| format!("read variables of `{file}`"))
        }
        _ => bail!("`{file}` is neither .toml nor .json"),
    }
}

/// Names are lower-case snake: a letter, then letters, digits and single `_`.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if let Some(wrong) = name
        .chars()
        .find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '_'))
    {
        return Err(format!(
            "invalid character '{wrong}' in `{name}`: a variable's name has lower-case letters, \
             digits and underscores only"
        ));
    }
    let sound = name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.contains("__")
        && !name.ends_with('_');
    if sound {
        Ok(())
    } else {
        Err(format!("`{name}` is not a variable's name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(variables: &str) -> Manifest {
        toml::from_str(&format!(
            "spin_manifest_version = 2\n[application]\nname = \"t\"\n[variables]\n{variables}"
        ))
        .unwrap()
    }

    fn pairs(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn command_line_beats_provider_beats_default() {
        let manifest =
            manifest("a = { default = \"0\" }\nb = { default = \"0\" }\nc = { default = \"0\" }");
        let provider = Provider::of_values(pairs(&[("a", "1"), ("b", "1")]));
        let values = Variables::resolve(&manifest, &pairs(&[("a", "2")]), &[provider]).unwrap();
        assert_eq!(values.fill("{{ a }}{{ b }}{{ c }}").unwrap(), "210");
    }

    #[test]
    fn every_missing_variable_is_named() {
        let manifest = manifest("one = { required = true }\ntwo = { required = true }");
        let error = Variables::resolve(&manifest, &BTreeMap::new(), &[])
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("one") && error.contains("SPIN_VARIABLE_TWO"),
            "{error}"
        );
    }

    #[test]
    fn a_component_sees_only_what_it_mapped() {
        let manifest = manifest("dsn = { default = \"x\" }\nother = { default = \"y\" }");
        let values = Variables::resolve(&manifest, &BTreeMap::new(), &[]).unwrap();
        let seen = values
            .of_component(&pairs(&[("database", "<{{ dsn }}>")]))
            .unwrap();
        assert_eq!(seen["database"], "<x>");
        assert!(!seen.contains_key("dsn") && !seen.contains_key("other"));
        assert!(
            values
                .of_component(&pairs(&[("a", "{{ nobody }}")]))
                .is_err()
        );
    }

    #[test]
    fn names_are_checked() {
        for good in ["a", "pg_dsn", "a1_b2"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "1a", "a__b", "a_", "a-b", "é"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn command_line_forms() {
        let folder = tempfile::tempdir().unwrap();
        let plain = folder.path().join("secret");
        std::fs::write(&plain, "s3").unwrap();
        let table = folder.path().join("all.toml");
        std::fs::write(&table, "x = \"1\"").unwrap();
        let parsed = parse_command_line(&[
            "a=b=c".to_owned(),
            format!("secret=@{}", plain.display()),
            format!("@{}", table.display()),
        ])
        .unwrap();
        assert_eq!(parsed, pairs(&[("a", "b=c"), ("secret", "s3"), ("x", "1")]));
        assert!(parse_command_line(&["novalue".to_owned()]).is_err());
    }
}

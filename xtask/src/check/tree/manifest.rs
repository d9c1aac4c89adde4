//! `spin.toml`, as far as the rules look at it. That it is a manifest at all is the host's to say.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The file, below the root.
pub(in crate::check) const FILE: &str = "spin.toml";

/// The application.
#[derive(Deserialize)]
pub(in crate::check) struct Manifest {
    #[serde(default)]
    pub(in crate::check) variables: BTreeMap<String, Variable>,
    #[serde(default)]
    trigger: Triggers,
    #[serde(default)]
    pub(in crate::check) component: BTreeMap<String, Component>,
}

/// A variable of the application.
#[derive(Deserialize)]
pub(in crate::check) struct Variable {
    pub(in crate::check) default: Option<String>,
}

#[derive(Default, Deserialize)]
struct Triggers {
    #[serde(default)]
    http: Vec<Trigger>,
}

/// A route, and what answers on it.
#[derive(Deserialize)]
pub(in crate::check) struct Trigger {
    /// A path, or `{ private = true }`: for other components only.
    route: toml::Value,
    /// None where a static response answers.
    pub(in crate::check) component: Option<String>,
}

/// A component with its capabilities.
#[derive(Deserialize)]
pub(in crate::check) struct Component {
    source: toml::Value,
    #[serde(default)]
    pub(in crate::check) variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(in crate::check) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(in crate::check) files: Vec<toml::Value>,
    /// Everything else, by name.
    #[serde(flatten)]
    pub(in crate::check) others: BTreeMap<String, toml::Value>,
}

impl Manifest {
    /// Reads the manifest.
    pub(in crate::check) fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("read the manifest {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("parse the manifest {}", path.display()))
    }

    /// Reads a manifest's text.
    pub(in crate::check) fn parse(text: &str) -> Result<Self> {
        Ok(toml::from_str(text)?)
    }

    /// The triggers, as they stand there.
    pub(in crate::check) fn triggers(&self) -> &[Trigger] {
        &self.trigger.http
    }
}

impl Trigger {
    /// The route, unless it is private.
    pub(in crate::check) fn route(&self) -> Option<&str> {
        self.route.as_str()
    }
}

impl Component {
    /// Where its module is, below the root.
    pub(in crate::check) fn module(&self) -> Option<&str> {
        self.source.as_str()
    }
}

/// Where a place in the manifest is, for people.
pub(in crate::check) fn place_of(component: &str) -> String {
    format!("{FILE}, component `{component}`")
}

/// The route as the router of Spin writes it: `/...` and `/*` at the end are the same.
pub(in crate::check) fn spec(route: &str) -> String {
    let route = route.trim_start_matches('/');
    match route.strip_suffix("...") {
        Some(before) => format!("{before}*"),
        None => route.trim_end_matches('/').to_owned(),
    }
}

/// The names in a text such as `https://{{ host }}:{{ port }}`.
pub(in crate::check) fn names_in(template: &str) -> Vec<&str> {
    let parts = template.split("{{").skip(1);
    parts
        .filter_map(|part| part.split_once("}}"))
        .map(|(name, _)| name.trim())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_written_as_the_router_knows_them() {
        for (written, spec) in [
            ("/a/...", "a/*"),
            ("/a/*", "a/*"),
            ("/...", "*"),
            ("/a/", "a"),
            ("/", ""),
        ] {
            assert_eq!(super::spec(written), spec, "{written}");
        }
    }

    #[test]
    fn names_of_a_template() {
        assert_eq!(names_in("https://{{ a }}:{{b}}/"), ["a", "b"]);
        assert_eq!(names_in("plain"), [""; 0]);
    }
}

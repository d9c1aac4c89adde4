//! Triggers of `spin.toml`: a route, and what answers on it.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;

use super::manifest::Component;

/// One route and what answers on it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpTrigger {
    pub(crate) id: Option<String>,
    pub(crate) route: RouteSetting,
    pub(crate) component: Option<ComponentSetting>,
    pub(crate) static_response: Option<StaticResponse>,
    #[serde(default)]
    executor: Executor,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum RouteSetting {
    Public(String),
    Private(PrivateRoute),
}

/// A component's id, or a component that is written in its place.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum ComponentSetting {
    Id(String),
    Inline(Box<Component>),
}

/// `{ private = true }`: reachable from other components only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivateRoute {
    private: bool,
}

/// An answer that needs no component.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StaticResponse {
    #[serde(default = "ok")]
    pub(crate) status_code: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

fn ok() -> u16 {
    200
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Executor {
    #[serde(rename = "type")]
    kind: String,
}

impl Default for Executor {
    fn default() -> Self {
        Self {
            kind: "http".to_owned(),
        }
    }
}

impl HttpTrigger {
    /// Whether the trigger makes sense, and names a component that is there.
    pub(crate) fn check(&self, components: &BTreeMap<String, Component>) -> Result<()> {
        if let RouteSetting::Private(PrivateRoute { private }) = self.route {
            ensure!(private, "`private = false` means nothing; name a route");
        }
        if let RouteSetting::Public(route) = &self.route
            && route
                .trim_start_matches('/')
                .starts_with(".well-known/spin/")
        {
            tracing::error!("nobody reaches the route `{route}`: the host answers there itself");
        }
        let kind = &self.executor.kind;
        ensure!(
            kind == "http" || kind == "spin",
            "executor `{kind}` is not supported, only `http`"
        );
        match (self.component_id(), &self.static_response) {
            (Some(id), None) => ensure!(
                components.contains_key(id),
                "component `{id}` is not in the manifest"
            ),
            (None, Some(_)) => {}
            _ => bail!("needs either a component or a static_response"),
        }
        Ok(())
    }

    /// The component, once every one has an id.
    pub(crate) fn component_id(&self) -> Option<&str> {
        match &self.component {
            Some(ComponentSetting::Id(id)) => Some(id),
            _ => None,
        }
    }

    /// The trigger in words, for errors.
    pub(crate) fn describe(&self) -> String {
        match &self.route {
            RouteSetting::Public(route) => format!("trigger for the route `{route}`"),
            RouteSetting::Private(_) => "trigger for a private route".to_owned(),
        }
    }
}

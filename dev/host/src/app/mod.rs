//! The application as `spin.toml` describes it: everything that is known before a component runs.

pub(crate) mod hosts;
pub(crate) mod manifest;
pub(crate) mod routes;
pub(crate) mod runtime_config;
pub(crate) mod template;
pub(crate) mod trigger;
pub(crate) mod variables;

//! The application as `spin.toml` describes it: everything that is known before a component runs.

pub(crate) mod hosts;
pub(crate) mod manifest;
pub(crate) mod routes;
pub(crate) mod runtime_config;
pub(crate) mod template;
pub(crate) mod trigger;
pub(crate) mod variables;

/// Reads TOML that may hold secrets: an error names the line, and does not show it.
fn read_toml<T: serde::de::DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        anyhow::anyhow!("line {line}: {}", error.message())
    })
}

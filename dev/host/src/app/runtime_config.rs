//! Spin's `runtime-config.toml`, as far as it matters on one machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

/// The settings that this host follows. Known settings that it cannot follow are warned about.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuntimeConfig {
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) max_instance_memory: Option<usize>,
    #[serde(default, alias = "config_provider", rename = "variables_provider")]
    pub(crate) variables_providers: Vec<Provider>,
    #[serde(default)]
    pub(crate) outbound_pg: OutboundPg,
    log_dir: Option<toml::Value>,
    key_value_store: Option<toml::Value>,
    sqlite_database: Option<toml::Value>,
    llm_compute: Option<toml::Value>,
    outbound_http: Option<toml::Value>,
    outbound_mysql: Option<toml::Value>,
    outbound_redis: Option<toml::Value>,
    outbound_mqtt: Option<toml::Value>,
    outbound_networking: Option<toml::Value>,
    key_value: Option<toml::Value>,
    client_tls: Option<toml::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboundPg {
    /// Connections in use by the whole application at once.
    pub(crate) max_connections: Option<usize>,
}

/// Something that knows values of variables. No `Debug`: they may be secret.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Provider {
    Static { values: BTreeMap<String, String> },
    Env { prefix: Option<String> },
}

impl Provider {
    /// The one that Spin always has: `SPIN_VARIABLE_<NAME>`.
    pub(crate) fn environment() -> Self {
        Self::Env { prefix: None }
    }

    #[cfg(test)]
    pub(crate) fn of_values(values: BTreeMap<String, String>) -> Self {
        Self::Static { values }
    }

    /// The value of the variable `name`, if this provider has one.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Static { values } => values.get(name).cloned(),
            Self::Env { prefix } => {
                let prefix = prefix.as_deref().unwrap_or("SPIN_VARIABLE");
                std::env::var(format!("{prefix}_{}", name.to_uppercase())).ok()
            }
        }
    }
}

impl RuntimeConfig {
    /// Reads the file, or gives the defaults without one.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("read the runtime configuration {}", path.display()))?;
        let config: Self = super::read_toml(&text)
            .with_context(|| format!("in the runtime configuration {}", path.display()))?;
        config.warn_of_ignored();
        Ok(config)
    }

    fn warn_of_ignored(&self) {
        for (setting, name) in [
            (&self.log_dir, "log_dir"),
            (&self.key_value_store, "key_value_store"),
            (&self.sqlite_database, "sqlite_database"),
            (&self.llm_compute, "llm_compute"),
            (&self.outbound_http, "outbound_http"),
            (&self.outbound_mysql, "outbound_mysql"),
            (&self.outbound_redis, "outbound_redis"),
            (&self.outbound_mqtt, "outbound_mqtt"),
            (&self.outbound_networking, "outbound_networking"),
            (&self.key_value, "key_value"),
            (&self.client_tls, "client_tls"),
        ] {
            if setting.is_some() {
                tracing::warn!(
                    setting = name,
                    "runtime configuration that this host ignores"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_and_limits_are_read() {
        let config: RuntimeConfig = toml::from_str(
            "max_instance_memory = 1000\n[[variables_provider]]\ntype = \"static\"\n\
             values = { a = \"1\" }\n[[variables_provider]]\ntype = \"env\"\nprefix = \"X\"\n\
             [outbound_pg]\nmax_connections = 5\n",
        )
        .unwrap();
        assert_eq!(config.variables_providers.len(), 2);
        assert_eq!(config.variables_providers[0].get("a").as_deref(), Some("1"));
        assert_eq!(config.outbound_pg.max_connections, Some(5));
        assert!(toml::from_str::<RuntimeConfig>("other = 1").is_err());
        let broken = "[[variables_provider]]\ntype = \"static\"\nvalues = { a = \"s3cr3t }";
        let error = crate::app::read_toml::<RuntimeConfig>(broken)
            .err()
            .unwrap();
        let text = format!("{error:#}");
        assert!(
            text.starts_with("line 3:") && !text.contains("s3cr3t"),
            "{text}"
        );
    }
}

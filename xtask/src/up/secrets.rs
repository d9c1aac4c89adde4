//! Passwords and keys of one machine, made once and kept in `secrets.json`.

use std::collections::BTreeMap;

use anyhow::Result;
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use super::state::State;

const FILE: &str = "secrets.json";

/// A value that is never printed: it has neither `Debug` nor `Display`.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    /// The value itself, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// One that was made elsewhere.
    pub(crate) fn of(value: String) -> Self {
        Self(value)
    }

    fn random(prefix: &str) -> Self {
        let mut bytes = [0_u8; 24];
        rand::rng().fill_bytes(&mut bytes);
        Self(format!("{prefix}{}", hex::encode(bytes)))
    }
}

/// Everything secret. A field that an older file lacks is made and added.
#[derive(Deserialize, Serialize)]
pub(crate) struct Secrets {
    /// PostgreSQL's superuser.
    #[serde(default = "password")]
    pub(crate) postgres: Secret,
    /// Passwords by role, see `postgres::roles`.
    #[serde(default)]
    roles: BTreeMap<String, Secret>,
    /// The Stripe stand-in's API key.
    #[serde(default = "stripe_key")]
    pub(crate) stripe_secret_key: Secret,
    /// The secret that signs its webhooks.
    #[serde(default = "webhook_secret")]
    pub(crate) stripe_webhook_secret: Secret,
    /// The auth stand-in's key for browsers; public by nature.
    #[serde(default = "publishable_key")]
    pub(crate) auth_publishable_key: Secret,
    /// The auth stand-in's key for its admin API.
    #[serde(default = "secret_key")]
    pub(crate) auth_secret_key: Secret,
    /// The model stand-in's key for instances.
    #[serde(default = "model_key")]
    pub(crate) model_key: Secret,
    /// Opens its record of what instances asked.
    #[serde(default = "model_key")]
    pub(crate) model_admin_key: Secret,
    /// Keys of system callers, by name.
    #[serde(default)]
    system_keys: BTreeMap<String, Secret>,
    /// The seeded admin's password.
    #[serde(default = "password")]
    pub(crate) admin_password: Secret,
}

fn password() -> Secret {
    Secret::random("")
}

fn stripe_key() -> Secret {
    Secret::random("sk_test_")
}

fn webhook_secret() -> Secret {
    Secret::random("whsec_")
}

fn publishable_key() -> Secret {
    Secret::random("sb_publishable_")
}

fn secret_key() -> Secret {
    Secret::random("sb_secret_")
}

fn model_key() -> Secret {
    Secret::random("sk-")
}

impl Secrets {
    /// Reads the file, makes what it lacks for these roles and system keys, and writes it back.
    pub(crate) fn load(state: &State, roles: &[&str], system_keys: &[&str]) -> Result<Self> {
        let stored: Option<serde_json::Value> = state.read_json(FILE)?;
        let mut secrets: Self =
            serde_json::from_value(stored.unwrap_or_else(|| serde_json::json!({})))?;
        for role in roles {
            secrets
                .roles
                .entry((*role).to_owned())
                .or_insert_with(password);
        }
        for name in system_keys {
            secrets
                .system_keys
                .entry((*name).to_owned())
                .or_insert_with(|| Secret::random("msk_"));
        }
        state.write_json(FILE, &secrets)?;
        Ok(secrets)
    }

    /// Password of a role that [`Secrets::load`] was given.
    pub(crate) fn role(&self, role: &str) -> Result<&Secret> {
        self.roles
            .get(role)
            .ok_or_else(|| anyhow::anyhow!("no password was made for role {role}"))
    }

    /// Key of a system caller that [`Secrets::load`] was given.
    pub(crate) fn system_key(&self, name: &str) -> Result<&Secret> {
        self.system_keys
            .get(name)
            .ok_or_else(|| anyhow::anyhow!("no key was made for {name}"))
    }

    /// Keys of system callers, by name.
    pub(crate) fn system_keys(&self) -> &BTreeMap<String, Secret> {
        &self.system_keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_and_differ() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        let first = Secrets::load(&state, &["one"], &["health"]).unwrap();
        let second = Secrets::load(&state, &["one", "two"], &["health"]).unwrap();
        assert_eq!(
            first.role("one").unwrap().expose(),
            second.role("one").unwrap().expose()
        );
        assert_eq!(
            first.stripe_secret_key.expose(),
            second.stripe_secret_key.expose()
        );
        assert_ne!(
            second.role("one").unwrap().expose(),
            second.role("two").unwrap().expose()
        );
        assert!(second.system_keys()["health"].expose().starts_with("msk_"));
        assert!(first.role("two").is_err());
    }
}

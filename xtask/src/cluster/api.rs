//! Looking at the cluster, and adding to it, as its administrator.

use anyhow::{Context, Result};
use reqwest::{Client, StatusCode};
use serde_json::Value;

use super::credentials;
use crate::up::state::State;

/// What the API server answers at a path.
pub(super) async fn get(state: &State, path: &str) -> Result<Value> {
    Api::of(state)?.get(path).await
}

/// A way to the API server.
pub(super) struct Api {
    client: Client,
    server: String,
    token: String,
}

impl Api {
    /// As the cluster's kubeconfig says.
    pub(super) fn of(state: &State) -> Result<Self> {
        let config: Value = state
            .read_json(credentials::ADMIN)?
            .context("there is no kubeconfig")?;
        let text = |pointer: &str| {
            let value = config.pointer(pointer).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let authority = std::fs::read(text("/clusters/0/cluster/certificate-authority"))?;
        Ok(Self {
            client: Client::builder()
                .no_proxy()
                .tls_certs_only(reqwest::Certificate::from_pem_bundle(&authority)?)
                .build()?,
            server: text("/clusters/0/cluster/server"),
            token: text("/users/0/user/token"),
        })
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let request = self.client.get(format!("{}{path}", self.server));
        let answer = request.bearer_auth(&self.token).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Where it is.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Has an object be as it is given.
    pub(super) async fn apply(&self, path: &str, object: &Value) -> Result<()> {
        let url = format!("{}{path}?fieldManager=xtask&force=true", self.server);
        let request = self.client.patch(url).bearer_auth(&self.token);
        let request = request
            .header("content-type", "application/apply-patch+yaml")
            .body(object.to_string());
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Sends something to be answered.
    pub(super) async fn post(&self, path: &str, object: &Value) -> Result<Value> {
        let request = self.client.post(format!("{}{path}", self.server));
        let answer = request.bearer_auth(&self.token).json(object).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Makes an object, unless there is one of its name.
    pub(super) async fn make(&self, path: &str, object: &Value) -> Result<()> {
        let request = self.client.post(format!("{}{path}", self.server));
        let answer = request.bearer_auth(&self.token).json(object).send().await?;
        if answer.status() != StatusCode::CONFLICT {
            answer.error_for_status()?;
        }
        Ok(())
    }
}

//! Looking at the cluster, as its administrator.

use anyhow::{Context, Result};
use serde_json::Value;

use super::credentials;
use crate::up::state::State;

/// What the API server answers at a path.
pub(super) async fn get(state: &State, path: &str) -> Result<Value> {
    let config: Value = state
        .read_json(credentials::ADMIN)?
        .context("there is no kubeconfig")?;
    let text = |pointer: &str| {
        config
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let authority = std::fs::read(text("/clusters/0/cluster/certificate-authority"))?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only(reqwest::Certificate::from_pem_bundle(&authority)?)
        .build()?;
    let request = client
        .get(format!("{}{path}", text("/clusters/0/cluster/server")))
        .bearer_auth(text("/users/0/user/token"));
    Ok(request.send().await?.error_for_status()?.json().await?)
}

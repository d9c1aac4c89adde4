//! The account that the daemon is in a cluster: its manifest applied, and a kubeconfig with nothing but its rights.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::api::Api;
use super::credentials;
use crate::up::state::State;
use crate::workspace;

/// Its kubeconfig.
pub(super) const FILE: &str = "provisioner.kubeconfig";
/// Namespace and name, as the manifest has them and the daemon is told by `SERVICE_ACCOUNT`.
pub(crate) const NAME: &str = "mindroom/provisioner-daemon";
const TOKEN_PATH: &str = "/api/v1/namespaces/mindroom/serviceaccounts/provisioner-daemon/token";
/// Longer than anybody leaves such a cluster running.
const TOKEN_SECONDS: u32 = 30 * 24 * 60 * 60;

/// Applies the daemon's manifest and writes a kubeconfig for its account.
pub(super) async fn make(state: &State) -> Result<PathBuf> {
    let api = Api::of(state)?;
    let manifest = workspace::root().join("provisioner-daemon/kubernetes/rbac.yaml");
    let manifest = std::fs::read_to_string(manifest).context("read the daemon's manifest")?;
    let objects: Vec<Value> =
        serde_saphyr::from_multiple(&manifest).context("read the daemon's manifest")?;
    for object in &objects {
        api.apply(&path(object)?, object).await?;
    }
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"expirationSeconds": TOKEN_SECONDS}});
    let answer = api.post(TOKEN_PATH, &request).await?;
    let token = answer["status"]["token"].as_str();
    let token = token.context("the API server gave no token")?;
    let kubeconfig = credentials::kubeconfig(state, api.server(), token);
    state.write_json(FILE, &kubeconfig)?;
    Ok(state.path().join(FILE))
}

/// Where the API server keeps an object of the manifest.
fn path(object: &Value) -> Result<String> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let (kind, name) = text("/kind")
        .zip(text("/metadata/name"))
        .context("an object of the manifest has no kind or no name")?;
    let folder = match kind {
        "Namespace" => "/api/v1/namespaces".to_owned(),
        "ServiceAccount" => {
            let namespace = text("/metadata/namespace").unwrap_or("default");
            format!("/api/v1/namespaces/{namespace}/serviceaccounts")
        }
        "ClusterRole" => "/apis/rbac.authorization.k8s.io/v1/clusterroles".to_owned(),
        "ClusterRoleBinding" => "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".to_owned(),
        "ValidatingAdmissionPolicy" => {
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies".to_owned()
        }
        "ValidatingAdmissionPolicyBinding" => {
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings".to_owned()
        }
        _ => anyhow::bail!("{kind}, which the daemon's manifest holds, is unknown here"),
    };
    Ok(format!("{folder}/{name}"))
}

//! Who may do what in the cluster: tokens, kubeconfigs, the key that signs service accounts' tokens.

use anyhow::{Context, Result};
use p256::SecretKey;
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::json;

use crate::up::state::State;

/// The kubeconfig of somebody who may do anything.
pub(super) const ADMIN: &str = "kubeconfig";
/// What the API server makes for itself; its issuer is in it.
pub(super) const AUTHORITY: &str = "certificates/apiserver.crt";
pub(super) const SERVICE_ACCOUNT_KEY: &str = "service-account.key";
pub(super) const SERVICE_ACCOUNT_PUBLIC_KEY: &str = "service-account.pub";
pub(super) const TOKENS: &str = "tokens.csv";
pub(super) const AUDIT_POLICY: &str = "audit-policy.json";

/// The node's parts.
pub(super) const KUBELET: &str = "kubelet";
pub(super) const PROXY: &str = "kube-proxy";
pub(super) const NAMES: &str = "coredns";
pub(super) const STORAGE: &str = "storage";
pub(super) const POLICIES: &str = "kube-router";

/// All files of this module. A part's kubeconfig has the part's name.
pub(super) const FILES: &[&str] = &[
    ADMIN,
    "kube-controller-manager",
    "kube-scheduler",
    KUBELET,
    PROXY,
    NAMES,
    STORAGE,
    POLICIES,
    SERVICE_ACCOUNT_KEY,
    SERVICE_ACCOUNT_PUBLIC_KEY,
    TOKENS,
    AUDIT_POLICY,
];

/// Who reaches the API server by a token: the file with it, the user's name and group.
const USERS: &[(&str, &str, &str)] = &[
    (ADMIN, "admin", "system:masters"),
    (
        "kube-controller-manager",
        "system:kube-controller-manager",
        "system:authenticated",
    ),
    (
        "kube-scheduler",
        "system:kube-scheduler",
        "system:authenticated",
    ),
    (KUBELET, "system:node:node", "system:nodes"),
    (PROXY, "system:kube-proxy", "system:authenticated"),
    // Kubernetes knows no roles for these.
    (NAMES, "coredns", "system:masters"),
    (STORAGE, "storage", "system:masters"),
    (POLICIES, "kube-router", "system:masters"),
];

/// What is written before the API server starts.
pub(super) fn prepare(state: &State, api_server: &str) -> Result<()> {
    let key = state.path().join(SERVICE_ACCOUNT_KEY);
    // another key would end every token that the stored cluster gave out
    if !key.exists() {
        let pair = SecretKey::random(&mut OsRng);
        let public = pair.public_key().to_public_key_pem(LineEnding::LF);
        let public = public.context("write the public key of service accounts")?;
        state.write(SERVICE_ACCOUNT_PUBLIC_KEY, &public)?;
        let private = pair.to_pkcs8_pem(LineEnding::LF);
        let private = private.context("write the key of service accounts")?;
        state.write(SERVICE_ACCOUNT_KEY, &private)?;
    }
    let mut tokens = Vec::new();
    for (file, user, group) in USERS {
        let token = hex::encode(rand::random::<[u8; 32]>());
        tokens.push(format!("{token},{user},{user},{group}"));
        state.write_json(file, &kubeconfig(state, api_server, &token))?;
    }
    state.write(TOKENS, &tokens.join("\n"))?;
    state.write_json(AUDIT_POLICY, &audit_policy())
}

/// How a user of the cluster reaches it.
pub(super) fn kubeconfig(state: &State, api_server: &str, token: &str) -> serde_json::Value {
    let name = "mindroom-tests";
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": name, "cluster": {
            "server": api_server,
            "certificate-authority": state.path().join(AUTHORITY),
        }}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    })
}

/// Every request that may change something, once, by whoever is no part of the control plane.
fn audit_policy() -> serde_json::Value {
    json!({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "userGroups": ["system:nodes", "system:serviceaccounts:kube-system"]},
            {"level": "None", "users": [
                "system:apiserver", "system:kube-controller-manager", "system:kube-scheduler",
                "system:kube-proxy", NAMES, STORAGE, POLICIES,
            ]},
            {"level": "None", "verbs": ["get", "list", "watch"]},
            {"level": "Metadata"},
        ],
    })
}

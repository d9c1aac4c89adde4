//! What a node would say of pods: that they run and answer. No container does.

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;
use tokio::task::JoinHandle;

/// Ends with this value.
pub(super) struct Kubelet(JoinHandle<()>);

impl Kubelet {
    /// Says it of all pods of a namespace, from when they are made.
    pub(super) fn of(client: &Client, namespace: &str) -> Self {
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        Self(tokio::spawn(async move {
            let seen = watcher::watcher(pods.clone(), watcher::Config::default());
            let mut seen = seen.default_backoff().applied_objects().boxed();
            while let Some(pod) = seen.next().await {
                let Ok(pod) = pod else { continue };
                let phase = pod.status.as_ref().and_then(|status| status.phase.clone());
                if phase.as_deref() == Some("Running") {
                    continue;
                }
                let running = json!({"status": {"phase": "Running", "conditions": [
                    {"type": "Ready", "status": "True"},
                    {"type": "ContainersReady", "status": "True"},
                ]}});
                let patch = Patch::Strategic(&running);
                // removed meanwhile is fine
                let _ = pods
                    .patch_status(&pod.name_any(), &PatchParams::default(), &patch)
                    .await;
            }
        }))
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

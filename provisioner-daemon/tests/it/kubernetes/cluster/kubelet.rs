//! What a node would say of pods. No container runs.

use std::collections::BTreeMap;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The status of pods, by the part that they are of; of others it is said that they run.
type Said = BTreeMap<&'static str, Value>;

/// Ends with this value.
pub(super) struct Kubelet {
    said: watch::Sender<Option<Said>>,
    task: JoinHandle<()>,
}

impl Kubelet {
    /// Says of all pods of a namespace that they run, from when they are made.
    pub(super) fn of(client: &Client, namespace: &str) -> Self {
        let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
        let said = watch::Sender::new(Some(Said::new()));
        let mut says = said.subscribe();
        let task = tokio::spawn(async move {
            let seen = watcher::watcher(pods.clone(), watcher::Config::default());
            let mut seen = seen.default_backoff().applied_objects().boxed();
            loop {
                tokio::select! {
                    pod = seen.next() => {
                        let Some(Ok(pod)) = pod else { continue };
                        let said = says.borrow().clone();
                        say(&pods, &pod, said.as_ref()).await;
                    }
                    Ok(()) = says.changed() => {
                        let all = pods.list(&ListParams::default()).await.unwrap();
                        let said = says.borrow_and_update().clone();
                        for pod in &all {
                            say(&pods, pod, said.as_ref()).await;
                        }
                    }
                }
            }
        });
        Self { said, task }
    }

    /// From now on this is said.
    pub(super) fn says(&self, said: impl IntoIterator<Item = (&'static str, Value)>) {
        self.said.send_replace(Some(said.into_iter().collect()));
    }

    /// From now on nothing is said of pods: there is no node.
    pub(super) fn is_silent(&self) {
        self.said.send_replace(None);
    }

    /// From now on all run.
    pub(super) fn runs_all(&self) {
        self.says([]);
    }
}

/// Says it, unless it was said.
async fn say(pods: &Api<Pod>, pod: &Pod, said: Option<&Said>) {
    let Some(said) = said else { return };
    let part = pod.labels().get("app.kubernetes.io/name");
    let status = part.and_then(|part| said.get(part.as_str()));
    let status = status.cloned().unwrap_or_else(running);
    let mark = status.to_string();
    if pod.annotations().get("said") == Some(&mark) {
        return;
    }
    let patch = json!({"status": status});
    // removed meanwhile is fine
    let how = PatchParams::default();
    let _ = pods
        .patch_status(&pod.name_any(), &how, &Patch::Strategic(&patch))
        .await;
    let mark = json!({"metadata": {"annotations": {"said": mark}}});
    let _ = pods
        .patch(&pod.name_any(), &how, &Patch::Merge(&mark))
        .await;
}

/// All of a pod runs and answers.
pub(super) fn running() -> Value {
    json!({"phase": "Running", "reason": null, "containerStatuses": null, "conditions": [
        {"type": "Ready", "status": "True"},
        {"type": "ContainersReady", "status": "True"},
        {"type": "PodScheduled", "status": "True", "reason": null, "message": null},
    ]})
}

/// A container of a part waits, or ended.
pub(super) fn with_container(part: &str, state: &Value, last: &Value) -> Value {
    json!({"phase": "Pending", "conditions": [
        {"type": "Ready", "status": "False"},
        {"type": "ContainersReady", "status": "False"},
        {"type": "PodScheduled", "status": "True", "reason": null, "message": null},
    ], "containerStatuses": [{"name": part, "image": "a", "imageID": "", "ready": false,
        "restartCount": 3, "state": state, "lastState": last}]})
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

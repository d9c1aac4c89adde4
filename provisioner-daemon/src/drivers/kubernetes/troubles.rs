//! What keeps a part of an instance from running, as the cluster says it, and what the customer reads of it.

use std::time::Duration;

use kube::api::DynamicObject;
use serde_json::Value;

use crate::drivers::Progress;

/// While there is trouble, whether it is over is told by the watches; this often it is looked at all the same.
const LOOK: Duration = Duration::from_secs(30);

/// Something that keeps a part from running. Of several, the last in this order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// No node has room for the pod.
    NoRoom,
    /// The pod's volume cannot be had where there is room.
    NoVolume,
    /// The node that it ran on is silent, or the pod is being moved away from it for that.
    NodeGone,
    /// The pod was ended since the node lacked memory or disk, or it used more than its share.
    Evicted,
    /// Its image cannot be had.
    Image,
    /// The container cannot be made: a setting is wrong.
    Settings,
    /// It ends again and again.
    Crash,
    /// It is ended again and again, since it uses more memory than the plan has.
    Memory,
    /// It ends since its volume is full.
    FullVolume,
    /// The cluster's rules do not let the pod in.
    Refused,
    /// The namespace's quota does not.
    Quota,
}

/// What becomes of the instance meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It waits for something outside; its time does not run.
    Waits,
    /// Its time runs: when that is over it is an error, with the same reason.
    MayFail,
    /// It is an error at once, until it is over.
    Fails,
}

impl Trouble {
    /// The table: what the customer reads, and what becomes of the instance.
    fn told(self) -> (&'static str, Then) {
        use Then::{Fails, MayFail, Waits};
        match self {
            Self::NoRoom => (
                "There is no room for it on our servers at the moment. It starts as soon as there is.",
                Waits,
            ),
            Self::NoVolume => (
                "Its disk cannot be reached at the moment. It starts as soon as it can.",
                Waits,
            ),
            Self::NodeGone => (
                "The server that it ran on does not answer. It starts on another one within minutes.",
                Waits,
            ),
            Self::Evicted => (
                "It was ended for using too much disk or memory and is being started again.",
                MayFail,
            ),
            Self::Image => (
                "Its software cannot be fetched at the moment. We keep trying.",
                MayFail,
            ),
            Self::Settings => (
                "A part of it cannot be started with its settings. Please contact support.",
                MayFail,
            ),
            Self::Crash => (
                "A part of it ends right after it was started. We keep starting it.",
                MayFail,
            ),
            Self::Memory => (
                "A part of it needs more memory than the plan has and is started again each time.",
                MayFail,
            ),
            Self::FullVolume => (
                "Its disk is full. A plan with more storage, or our support, can help.",
                MayFail,
            ),
            Self::Refused => (
                "The cluster does not let a part of it in. Please contact support.",
                Fails,
            ),
            Self::Quota => (
                "The plan's limits do not let all of it in. It starts as soon as they do.",
                Fails,
            ),
        }
    }

    /// How far a step is that this is in the way of.
    pub(super) fn progress(self) -> Progress {
        let (reason, then) = self.told();
        let reason = reason.to_owned();
        match then {
            Then::Waits => Progress::Held(LOOK, reason),
            Then::MayFail => Progress::Hindered(LOOK, reason),
            Then::Fails => Progress::Trouble(LOOK, reason),
        }
    }
}

/// The trouble of a pod, or of what makes pods.
pub(super) fn of(object: &DynamicObject) -> Option<Trouble> {
    let status = object.data.get("status")?;
    if let Some(failure) = condition(status, "ReplicaFailure", "True") {
        return Some(of_refusal(text(failure, "message")));
    }
    if text(status, "phase").is_empty() {
        return None;
    }
    let mut troubles = of_containers(status);
    troubles.extend(of_pod(status, object.metadata.deletion_timestamp.is_some()));
    troubles.into_iter().max()
}

/// Why a pod was not let in.
pub(super) fn of_refusal(message: &str) -> Trouble {
    if message.contains("exceeded quota") {
        Trouble::Quota
    } else {
        Trouble::Refused
    }
}

fn of_pod(status: &Value, is_ending: bool) -> Option<Trouble> {
    if text(status, "reason") == "Evicted" {
        return Some(Trouble::Evicted);
    }
    // Only the node says of containers that they are ready; that the pod is not is said by others, once it is silent.
    let is_silent = condition(status, "Ready", "False").is_some()
        && condition(status, "ContainersReady", "True").is_some();
    let is_moved = condition(status, "DisruptionTarget", "True")
        .is_some_and(|moved| text(moved, "reason") == "DeletionByTaintManager");
    if (is_silent && !is_ending) || is_moved || text(status, "reason") == "NodeLost" {
        return Some(Trouble::NodeGone);
    }
    let waits = condition(status, "PodScheduled", "False")?;
    let is_about_volumes = text(waits, "message").contains("volume");
    match text(waits, "reason") {
        "Unschedulable" if is_about_volumes => Some(Trouble::NoVolume),
        "Unschedulable" => Some(Trouble::NoRoom),
        _ => None,
    }
}

fn of_containers(status: &Value) -> Vec<Trouble> {
    let all = ["initContainerStatuses", "containerStatuses"];
    let all = all.iter().filter_map(|list| status[*list].as_array());
    all.flatten().filter_map(of_container).collect()
}

fn of_container(container: &Value) -> Option<Trouble> {
    let waiting = &container["state"]["waiting"];
    match text(waiting, "reason") {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable"
        | "SignatureValidationFailed" => {
            return Some(Trouble::Image);
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            return Some(Trouble::Settings);
        }
        _ => {}
    }
    let is_ready = container["ready"].as_bool().unwrap_or_default();
    let ends = [
        &container["state"]["terminated"],
        &container["lastState"]["terminated"],
    ];
    let ended = ends.into_iter().find(|ended| ended.is_object())?;
    if is_ready || ended["exitCode"] == 0 {
        return None;
    }
    let message = text(ended, "message").to_lowercase();
    Some(if text(ended, "reason") == "OOMKilled" {
        Trouble::Memory
    } else if message.contains("no space left on device") || message.contains("disk quota exceeded")
    {
        Trouble::FullVolume
    } else {
        Trouble::Crash
    })
}

fn condition<'a>(status: &'a Value, name: &str, value: &str) -> Option<&'a Value> {
    let conditions = status["conditions"].as_array()?;
    conditions
        .iter()
        .find(|condition| condition["type"] == name && condition["status"] == value)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(status: &Value) -> Option<Trouble> {
        let object = json!({"metadata": {"name": "a"}, "status": status});
        of(&serde_json::from_value(object).unwrap())
    }

    fn container(state: &Value, last: &Value) -> Value {
        json!({"phase": "Pending", "containerStatuses": [{"ready": false, "state": state, "lastState": last}]})
    }

    fn ended(reason: &str, message: &str) -> Value {
        json!({"terminated": {"exitCode": 1, "reason": reason, "message": message}})
    }

    #[test]
    fn each_trouble_is_told_from_what_the_cluster_says() {
        let waits = |reason: &str| json!({"waiting": {"reason": reason}});
        let nothing = json!({});
        let conditions = |conditions: Value| json!({"phase": "Running", "conditions": conditions});
        for (status, trouble) in [
            (
                container(&waits("ImagePullBackOff"), &nothing),
                Some(Trouble::Image),
            ),
            (
                container(&waits("CreateContainerConfigError"), &nothing),
                Some(Trouble::Settings),
            ),
            (
                container(&waits("CrashLoopBackOff"), &ended("Error", "")),
                Some(Trouble::Crash),
            ),
            (
                container(&waits("CrashLoopBackOff"), &ended("OOMKilled", "")),
                Some(Trouble::Memory),
            ),
            (
                container(
                    &json!({"running": {}}),
                    &ended("Error", "OSError: [Errno 28] No space left on device"),
                ),
                Some(Trouble::FullVolume),
            ),
            (container(&waits("ContainerCreating"), &nothing), None),
            (
                json!({"phase": "Failed", "reason": "Evicted"}),
                Some(Trouble::Evicted),
            ),
            (
                conditions(
                    json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "message": "0/3 nodes are available: 3 Insufficient cpu."}]),
                ),
                Some(Trouble::NoRoom),
            ),
            (
                conditions(
                    json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                    "message": "pod has unbound immediate PersistentVolumeClaims: volume"}]),
                ),
                Some(Trouble::NoVolume),
            ),
            (
                conditions(
                    json!([{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]),
                ),
                Some(Trouble::NodeGone),
            ),
            (
                conditions(
                    json!([{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "False"}]),
                ),
                None,
            ),
            (
                json!({"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: a"}]}),
                Some(Trouble::Quota),
            ),
            (
                json!({"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "violates PodSecurity"}]}),
                Some(Trouble::Refused),
            ),
            (json!({"replicas": 1}), None),
        ] {
            assert_eq!(seen(&status), trouble, "{status}");
        }
    }

    #[test]
    fn one_that_came_up_again_is_no_trouble() {
        let mut status = container(&json!({"running": {}}), &ended("Error", ""));
        assert_eq!(seen(&status), Some(Trouble::Crash));
        status["containerStatuses"][0]["ready"] = json!(true);
        assert_eq!(seen(&status), None);
    }
}

//! What keeps pods from running: what the customer reads, what becomes of the instance, and that it ends by itself.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ResourceQuota};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::kubelet::with_container;
use super::scene::Scene;
use super::space::until;
use crate::world::connect;

const NO_ROOM: &str =
    "There is no room for it on our servers at the moment. It starts as soon as there is.";
const NODE_GONE: &str =
    "The server that it ran on does not answer. It starts on another one within minutes.";
const IMAGE: &str = "Its software cannot be fetched at the moment. We keep trying.";
const CRASH: &str = "A part of it ends right after it was started. We keep starting it.";
const MEMORY: &str =
    "A part of it needs more memory than the plan has and is started again each time.";
const FULL: &str = "Its disk is full. A plan with more storage, or our support, can help.";
const QUOTA: &str = "The plan's limits do not let all of it in. It starts as soon as they do.";
const LIMITS: &str = "The plan's limits do not allow it. Please contact support.";
const ENDING: &str = "What was there before is still being removed.";
const STUCK: &str = "Something in the cluster holds a part of it. We were told and look into it.";

fn waits(part: &str, reason: &str) -> Value {
    with_container(part, &json!({"waiting": {"reason": reason}}), &json!({}))
}

fn ended(part: &str, reason: &str, message: &str) -> Value {
    let last = json!({"terminated": {"exitCode": 1, "reason": reason, "message": message}});
    with_container(
        part,
        &json!({"waiting": {"reason": "CrashLoopBackOff"}}),
        &last,
    )
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Synapse was cut off while it made its tables: its database is made anew while it ends again and again.
#[tokio::test]
async fn fault_33_a_database_whose_making_was_cut_off_is_made_anew() {
    let scene = Scene::new().await;
    scene.kubelet.is_silent();
    scene.look().await;
    scene.reads("provisioning", NO_ROOM).await;
    let name = store::daemon::instance_databases::name(scene.instance);
    let database = connect(&name).await;
    let cut_off = format!(
        "set role {name}; create table schema_version (version integer); create table events (id integer)"
    );
    database.batch_execute(&cut_off).await.unwrap();
    scene
        .kubelet
        .says([("synapse", ended("synapse", "Error", "DuplicateTable"))]);
    // While somebody is connected it may be being set up.
    scene.reads("provisioning", CRASH).await;
    let number = format!("select oid::bigint from pg_database where datname = '{name}'");
    let first: i64 = scene.world.ask(&number).await;
    drop(database);
    let is_left = format!("select count(*) = 0 from pg_stat_activity where datname = '{name}'");
    scene.world.until(&is_left).await;
    scene.look().await;
    let renewed = format!("({number}) <> {first}");
    scene.world.until(&renewed).await;
    scene.kubelet.runs_all();
    scene.until("running").await;
    scene.end().await;
}

#[tokio::test]
async fn fault_33_pods_that_do_not_come_up_say_why_and_come_up() {
    let scene = Scene::new().await;
    scene.kubelet.is_silent();
    scene.look().await;
    // There is no node: the scheduler says so itself.
    scene.reads("provisioning", NO_ROOM).await;
    for (said, reason) in [
        (waits("synapse", "ImagePullBackOff"), IMAGE),
        (ended("synapse", "Error", "a bug"), CRASH),
        (ended("synapse", "OOMKilled", ""), MEMORY),
        (
            ended(
                "synapse",
                "Error",
                "OSError: [Errno 28] No space left on device",
            ),
            FULL,
        ),
    ] {
        scene.kubelet.says([("synapse", said)]);
        scene.reads("provisioning", reason).await;
    }
    scene.kubelet.runs_all();
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "running");
    assert_eq!(scene.most_attempts().await, 1);
    // A few looks for each of the five, and no storm of them.
    let looks: i64 = scene
        .world
        .ask("select last_value from prov.fence_seq")
        .await;
    assert!(looks < 60, "{looks}");
    scene.end().await;
}

#[tokio::test]
async fn fault_33_a_part_that_goes_down_is_told_and_comes_up() {
    let scene = Scene::new().await;
    scene.run().await;
    // Nobody asks for it: the watches tell.
    scene
        .kubelet
        .says([("mindroom", ended("mindroom", "Error", "a bug"))]);
    scene.reads("degraded", CRASH).await;
    scene.kubelet.runs_all();
    scene.until("running").await;
    let silent = json!({"phase": "Running", "conditions": [
        {"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]});
    scene.kubelet.says([("mindroom", silent)]);
    scene.reads("degraded", NODE_GONE).await;
    scene.kubelet.runs_all();
    scene.until("running").await;
    assert_eq!(
        scene.statuses().await,
        "running degraded running degraded running"
    );
    scene.end().await;
}

#[tokio::test]
async fn fault_33_what_does_not_pass_in_time_is_an_error_with_its_reason_and_still_ends_by_itself()
{
    let scene = Scene::new().await;
    scene
        .kubelet
        .says([("synapse", waits("synapse", "ErrImagePull"))]);
    scene.look().await;
    scene.reads("provisioning", IMAGE).await;
    scene
        .world
        .run("update instances set status_deadline = now() - interval '1 s'; select prov.enqueue_instance(id) from instances")
        .await;
    scene.reads("error", IMAGE).await;
    scene.kubelet.runs_all();
    // The homeserver runs; what was to come after it is begun by the next wish.
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    scene.end().await;
}

#[tokio::test]
async fn fault_34_what_waits_for_room_waits_as_long_as_it_takes() {
    let scene = Scene::new().await;
    scene.kubelet.is_silent();
    scene.look().await;
    scene.reads("provisioning", NO_ROOM).await;
    scene
        .world
        .run("update instances set status_deadline = now() - interval '1 s'; select prov.enqueue_instance(id) from instances")
        .await;
    scene
        .world
        .until("select status = 'provisioning' and status_deadline > now() from instances")
        .await;
    // It holds no slot meanwhile, and looks that find nothing new write nothing.
    scene
        .world
        .until("select count(*) = 1 from prov.jobs where state = 'queued' and run_at > now() and attempt = 0")
        .await;
    let before = scene.writes();
    scene.look().await;
    scene
        .world
        .until("select count(*) = 1 from prov.jobs where state = 'queued' and run_at > now()")
        .await;
    assert_eq!(scene.writes(), before);
    scene.kubelet.runs_all();
    scene.until("running").await;
    scene.end().await;
}

#[tokio::test]
async fn fault_29_a_quota_is_told_and_it_goes_on_when_that_is_raised() {
    let scene = Scene::new().await;
    scene.make_namespace().await;
    scene.limit(&json!({"services": "0"})).await;
    scene.look().await;
    scene.reads("error", LIMITS).await;
    scene.limit(&json!({"pods": "0"})).await;
    scene.look().await;
    scene.reads("error", QUOTA).await;
    let quotas: Api<ResourceQuota> = Api::namespaced(scene.client.clone(), &scene.namespace);
    quotas
        .delete("tight", &DeleteParams::default())
        .await
        .unwrap();
    scene.until("running").await;
    assert_eq!(scene.most_attempts().await, 1);
    scene.end().await;
}

#[tokio::test]
async fn fault_30_a_namespace_that_ends_is_waited_for_and_made_anew() {
    let scene = Scene::new().await;
    scene.run().await;
    let secrets = scene.secrets().await;
    scene.hold_back().await;
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    let delete = DeleteParams::default();
    namespaces.delete(&scene.namespace, &delete).await.unwrap();
    scene
        .world
        .until(&format!("select status_reason = '{ENDING}' from instances"))
        .await;
    scene.let_go().await;
    scene.until("running").await;
    assert_eq!(scene.secrets().await, secrets);
    assert_eq!(scene.most_attempts().await, 1);
    scene.end().await;
}

#[tokio::test]
async fn fault_31_a_namespace_that_does_not_end_is_told_and_waited_for() {
    let scene = Scene::new().await;
    scene.run().await;
    scene.hold_back().await;
    scene.wish("desired_state = 'deleted'").await;
    scene
        .world
        .until("select progress->-1->>'state' = 'running' from instances")
        .await;
    scene
        .world
        .run("update instances set status_since = now() - interval '11 min'")
        .await;
    scene.reads("deprovisioning", STUCK).await;
    // Nothing else can be wished of it, and nothing is made meanwhile.
    assert_eq!(scene.most_attempts().await, 1);
    scene.let_go().await;
    scene
        .world
        .run("update prov.jobs set run_at = now(); select prov.ring(0)")
        .await;
    scene.until("deprovisioned").await;
    assert!(!scene.is_there().await);
    scene.end().await;
}

impl Scene {
    /// Waits until the customer reads this.
    pub(super) async fn reads(&self, status: &str, reason: &str) {
        let reason = reason.replace('\'', "''");
        self.world
            .until(&format!(
                "select status = '{status}' and status_reason = '{reason}' from instances"
            ))
            .await;
    }

    /// The namespace, before the daemon makes it.
    async fn make_namespace(&self) {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let space: Namespace = read(json!({"metadata": {"name": self.namespace, "labels": {
            "mindroom.chat/instance": self.instance,
            "pod-security.kubernetes.io/enforce": "restricted",
        }}}));
        let how = PostParams::default();
        namespaces.create(&how, &space).await.unwrap();
    }

    /// A quota of somebody else's, once it holds.
    async fn limit(&self, hard: &Value) {
        let quotas: Api<ResourceQuota> = Api::namespaced(self.client.clone(), &self.namespace);
        let delete = DeleteParams::default();
        let _ = quotas.delete("tight", &delete).await;
        let quota: ResourceQuota =
            read(json!({"metadata": {"name": "tight"}, "spec": {"hard": hard}}));
        let how = PostParams::default();
        quotas.create(&how, &quota).await.unwrap();
        until("the quota is counted", async || {
            let status = quotas.get("tight").await.unwrap().status;
            status.and_then(|status| status.used).map(drop)
        })
        .await;
    }

    /// Something of somebody else's that does not let the namespace end.
    async fn hold_back(&self) {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let map: ConfigMap = read(json!({"metadata": {"name": "held",
            "finalizers": ["example.com/held"]}}));
        maps.create(&PostParams::default(), &map).await.unwrap();
    }

    async fn let_go(&self) {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let free = Patch::Merge(json!({"metadata": {"finalizers": null}}));
        maps.patch("held", &PatchParams::default(), &free)
            .await
            .unwrap();
    }

    /// What is in the secrets.
    pub(super) async fn secrets(&self) -> BTreeMap<String, String> {
        let secrets: Api<k8s_openapi::api::core::v1::Secret> =
            Api::namespaced(self.client.clone(), &self.namespace);
        let all = secrets.list(&kube::api::ListParams::default()).await;
        let all = all.unwrap().items.into_iter();
        all.map(|secret| (secret.name_any(), format!("{:?}", secret.data)))
            .collect()
    }
}

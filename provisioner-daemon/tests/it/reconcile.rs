//! `reconcile-instance` over a driver whose cluster is a folder.

use std::sync::Arc;

use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::{Runner, Settings};
use uuid::Uuid;

use crate::invariants;
use crate::made_up::quick;
use crate::outside::{Obstacle, Outside, UP};
use crate::world::{ACCOUNT, World};

/// An instance, a cluster and a daemon.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) outside: Outside,
    pub(crate) instance: Uuid,
    runner: Runner,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, quick()).await
    }

    /// With a driver that was changed first.
    pub(crate) async fn with(change: impl FnOnce(&mut Outside), settings: Settings) -> Self {
        let world = World::new().await;
        let instance = world.instance(ACCOUNT, "ann-1").await;
        let folder = tempfile::tempdir().unwrap();
        let mut outside = Outside::new(folder.path());
        change(&mut outside);
        let runner = start(&world, &outside, settings);
        Self {
            world,
            outside,
            instance,
            runner,
            _folder: folder,
        }
    }

    pub(crate) async fn enqueue(&self) {
        self.world
            .run("select prov.enqueue_instance(id) from instances; select prov.ring(0)")
            .await;
    }

    pub(crate) async fn wish(&self, state: &str) {
        let change = format!("desired_state = '{state}'");
        self.world.wish(self.instance, &change).await;
    }

    pub(crate) async fn until(&self, status: &str) {
        self.world.until_settled(self.instance, status).await;
    }

    /// Waits for so many jobs that ended well.
    async fn until_done(&self, count: u32) {
        self.world
            .until(&format!(
                "select count(*) = {count} from prov.job_history where outcome = 'done'"
            ))
            .await;
    }

    /// The statuses in their order.
    pub(crate) async fn statuses(&self) -> String {
        self.world
            .ask("select coalesce(string_agg(name, ' ' order by id), '') from instance_events where kind = 'status'")
            .await
    }

    pub(crate) async fn end(self) {
        self.runner.drain().await;
        invariants::check(&self.world, &self.outside).await;
    }
}

pub(crate) fn start(world: &World, outside: &Outside, settings: Settings) -> Runner {
    let handler = ReconcileInstance::new(Arc::new(outside.clone())).always_there();
    crate::made_up::start(world, handler, settings)
}

#[tokio::test]
async fn a_wish_becomes_true_step_by_step_and_stays() {
    let scene = Scene::new().await;
    scene.enqueue().await;
    scene.until("running").await;
    let steps: String = scene
        .world
        .ask("select string_agg(name || ':' || state, ' ' order by id) from instance_events where kind = 'step'")
        .await;
    assert_eq!(
        steps,
        "space:started space:done server:started server:done app:started app:done"
    );
    let urls: serde_json::Value = scene.world.ask("select internal_urls from instances").await;
    assert_eq!(urls["web"], "http://127.0.0.1:1");

    // Again, without a new wish: looked at, nothing done.
    let before = scene.outside.place(scene.instance);
    scene.enqueue().await;
    scene.until_done(2).await;
    assert_eq!(scene.outside.place(scene.instance), before);

    scene.world.wish(scene.instance, "restart_gen = 1").await;
    scene.until("running").await;
    for (wish, status) in [
        ("stopped", "stopped"),
        ("running", "running"),
        ("deleted", "deprovisioned"),
    ] {
        scene.wish(wish).await;
        scene.until(status).await;
    }
    assert_eq!(
        scene.statuses().await,
        "running restarting running stopping stopped provisioning running deprovisioning deprovisioned"
    );
    scene.end().await;
}

#[tokio::test]
async fn a_plan_that_changes_changes_the_instance() {
    let scene = Scene::new().await;
    scene.enqueue().await;
    scene.until("running").await;
    scene.world.wish(scene.instance, "tier = 'pro'").await;
    scene.until("running").await;
    assert_eq!(scene.outside.place(scene.instance).parts["space"], "pro");
    scene.end().await;
}

#[tokio::test]
async fn an_error_at_any_step_is_shown_and_overcome() {
    for step in UP {
        let scene = Scene::new().await;
        scene.outside.put(step, 2, Obstacle::Transient);
        scene.enqueue().await;
        scene.until("running").await;
        let failures: String = scene
            .world
            .ask("select string_agg(distinct name || ': ' || detail, ' ') from instance_events where state = 'failed'")
            .await;
        assert_eq!(failures, format!("{step}: It did not work yet."));
        let is_clear: bool = scene
            .world
            .ask(
                "select status_reason is null and (select bool_and(s->>'state' = 'done') \
                 from jsonb_array_elements(progress) s) from instances",
            )
            .await;
        assert!(is_clear, "{step}");
        scene.end().await;
    }
}

#[tokio::test]
async fn what_can_never_work_is_an_error_until_the_next_wish() {
    let scene = Scene::new().await;
    scene.outside.put("server", 1, Obstacle::Permanent);
    scene.enqueue().await;
    scene.until("error").await;
    let told: bool = scene
        .world
        .ask(
            "select i.status_reason = 'It can never work.' and h.outcome = 'blocked' \
             and h.error->>'message' = 'a detail for the log' from instances i, prov.job_history h",
        )
        .await;
    assert!(told);
    scene.wish("running").await;
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "error provisioning running");
    scene.end().await;
}

#[tokio::test]
async fn trouble_outside_is_an_error_that_ends_by_itself_and_does_not_flicker() {
    let scene = Scene::new().await;
    scene.outside.put("space", u32::MAX, Obstacle::Trouble);
    scene.enqueue().await;
    scene
        .world
        .until("select status = 'error' and status_reason = 'Something is missing.' from instances")
        .await;
    // Looked at again several times.
    let fence: i64 = scene
        .world
        .ask("select coalesce(max(fence), 0) from prov.jobs")
        .await;
    scene
        .world
        .until(&format!("select max(fence) > {fence} + 3 from prov.jobs"))
        .await;
    assert_eq!(scene.statuses().await, "error");
    scene.outside.clear();
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "error provisioning running");
    scene.end().await;
}

#[tokio::test]
async fn a_part_that_is_gone_is_made_again() {
    let scene = Scene::new().await;
    scene.enqueue().await;
    scene.until("running").await;
    scene.outside.change(scene.instance, |place| {
        place.parts.remove("server");
    });
    scene.enqueue().await;
    scene.until_done(2).await;
    assert_eq!(scene.statuses().await, "running degraded running");
    scene.end().await;
}

//! An API server that is away, slow, or has enough to do: nothing is made of it but what it is.

use std::time::Instant;

use futures::future::join_all;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Secret};
use kube::ResourceExt;
use kube::api::{Api, ListParams};

use super::scene::Scene;
use super::way::{Instead, State, Trouble, Way, is_write};
use crate::made_up::wait_until;

const AWAY: &str = "The servers that run instances do not answer us at the moment. We keep trying.";

#[tokio::test]
async fn fault_18_nothing_is_known_of_what_runs_while_the_api_server_is_away() {
    let scene = Scene::new().await;
    scene.run().await;
    let (objects, kept) = (scene.objects().await, scene.kept().await);
    scene.way.set(State::Cut);
    let cut = (Instant::now(), scene.way.connections());
    // Nobody wished anything: what was known of it is not any more.
    scene
        .world
        .until(&format!(
            "select status = 'unknown' and status_reason = '{AWAY}' from instances"
        ))
        .await;
    scene.wish("restart_gen = restart_gen + 1").await;
    scene
        .world
        .until(
            "select exists (select 1 from prov.jobs where want_gen = 2 and last_error is not null)",
        )
        .await;
    let job: String = scene
        .world
        .ask("select concat_ws(' ', state, attempt, crashes) from prov.jobs")
        .await;
    assert_eq!(job, "queued 0 0");
    // One probe every two seconds, besides those who were on their way when it was cut.
    let tries = scene.way.connections() - cut.1;
    let allowed = 20 + usize::try_from(cut.0.elapsed().as_secs()).unwrap();
    assert!(tries <= allowed, "{tries} tries in {:?}", cut.0.elapsed());

    scene.way.set(State::Open);
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "running unknown restarting running");
    assert_eq!((scene.objects().await, scene.kept().await), (objects, kept));
    scene.end().await;
}

#[tokio::test]
async fn fault_18_what_is_on_its_way_waits_without_losing_time_or_attempts() {
    let scene = Scene::new().await;
    scene.way.set(State::Cut);
    scene.look().await;
    scene
        .world
        .until(&format!(
            "select status = 'provisioning' and status_reason = '{AWAY}' from instances"
        ))
        .await;
    // Longer than it may take.
    scene
        .world
        .run("update instances set status_deadline = now() - interval '1 s'")
        .await;
    scene
        .world
        .until("select status_deadline > now() from instances")
        .await;
    scene.way.set(State::Open);
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "running");
    let attempt: i32 = scene
        .world
        .ask("select max(attempt) from prov.job_history")
        .await;
    assert_eq!(attempt, 1);
    scene.end().await;
}

#[tokio::test]
async fn fault_19_a_replica_that_cannot_reach_the_api_server_leaves_the_work_to_one_that_can() {
    let scene = Scene::new().await;
    scene.run().await;
    let way = Way::to(kube::Config::infer().await.unwrap()).await;
    way.set(State::Cut);
    let other = scene.daemon_by(&way).await;
    wait_until(|| other.runner.pulse().not_ready() == Some("the cluster does not answer")).await;
    for _ in 0..3 {
        scene.wish("restart_gen = restart_gen + 1").await;
        scene.until("running").await;
    }
    assert_eq!(
        scene.statuses().await,
        "running restarting running restarting running restarting running"
    );
    assert_eq!(scene.most_attempts().await, 1);
    way.set(State::Open);
    wait_until(|| other.runner.pulse().not_ready().is_none()).await;
    other.end().await;
    scene.end().await;
}

#[tokio::test]
async fn fault_25_an_api_server_that_wants_to_be_left_alone_is() {
    let scene = Scene::new().await;
    scene.way.trouble(Trouble {
        instead: Instead::Status(429, 1),
        of: is_write,
        count: usize::MAX,
    });
    let began = Instant::now();
    scene.look().await;
    scene
        .world
        .until("select max(fence) - min(fence) > 2 from (select fence from prov.jobs union all select 0) f")
        .await;
    scene
        .world
        .until("select count(*) = 1 from prov.jobs where state = 'queued' and attempt = 0 and last_error is not null")
        .await;
    // At most one a second, and six that were begun together.
    let refused = usize::MAX - scene.way.left();
    let allowed = 7 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!(refused <= allowed, "{refused} in {:?}", began.elapsed());
    scene.way.end_trouble();
    scene.until("running").await;
    assert_eq!(scene.most_attempts().await, 1);
    scene.end().await;
}

#[tokio::test]
async fn fault_26_an_api_server_that_fails_now_and_then_costs_nothing() {
    let troubles = [
        Instead::Status(500, 0),
        Instead::Status(503, 0),
        Instead::Torn,
        Instead::Hang,
    ];
    join_all(troubles.map(overcome)).await;
}

async fn overcome(instead: Instead) {
    let scene = Scene::new().await;
    scene.way.trouble(Trouble {
        instead,
        of: is_write,
        count: 3,
    });
    scene.run().await;
    assert_eq!(scene.way.left(), 0, "{instead:?}");
    assert_eq!(scene.most_attempts().await, 1, "{instead:?}");
    assert_eq!(scene.statuses().await, "running", "{instead:?}");
    scene.end().await;
}

impl Scene {
    /// What must not be made anew unasked: the volumes, and the secrets with their content.
    pub(super) async fn kept(&self) -> Vec<String> {
        let volumes: Api<PersistentVolumeClaim> =
            Api::namespaced(self.client.clone(), &self.namespace);
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let all = ListParams::default();
        let volumes = volumes.list(&all).await.unwrap().items.into_iter();
        let secrets = secrets.list(&all).await.unwrap().items.into_iter();
        let volumes = volumes.map(|volume| format!("{} {:?}", volume.name_any(), volume.uid()));
        let secrets = secrets.map(|secret| format!("{} {:?}", secret.name_any(), secret.data));
        volumes.chain(secrets).collect()
    }

    /// The statuses in their order.
    pub(super) async fn statuses(&self) -> String {
        self.world
            .ask("select coalesce(string_agg(name, ' ' order by id), '') from instance_events where kind = 'status'")
            .await
    }

    /// The most attempts that a job took.
    pub(super) async fn most_attempts(&self) -> i32 {
        self.world
            .ask("select max(attempt) from prov.job_history")
            .await
    }
}

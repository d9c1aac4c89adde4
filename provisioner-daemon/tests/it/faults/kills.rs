//! `kill -9` at every point of an instance's job; other kinds are in [`super::kinds`]. The points are those that a run
//! without faults comes by, so a new step is killed at without being listed here.

use std::os::unix::process::ExitStatusExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use nix::sys::signal::Signal;
use provisioner_daemon::runner::{Fault, Faults, Settings};
use uuid::Uuid;

use crate::child::{Child, Orders};
use crate::invariants::{self, Bystander};
use crate::made_up::quick;
use crate::outside::{Outside, PLANS};
use crate::reconcile;
use crate::world::{ACCOUNT, World};

/// Scenes that run at once.
pub(super) const AT_ONCE: usize = 4;

/// A change of wish, and how the instance came to be where it starts.
pub(super) struct Life {
    pub(super) before: &'static [(&'static str, &'static str)],
    pub(super) wish: &'static str,
    pub(super) status: &'static str,
    /// Which of [`PLANS`] it goes through.
    pub(super) plan: domain::Wish,
}

const RUN: (&str, &str) = ("desired_state = 'running'", "running");

/// Start, restart, stop and delete.
pub(super) const LIVES: [Life; 4] = [
    Life {
        before: &[],
        wish: RUN.0,
        status: RUN.1,
        plan: domain::Wish::Running,
    },
    Life {
        before: &[RUN],
        wish: "restart_gen = restart_gen + 1",
        status: "running",
        plan: domain::Wish::Running,
    },
    Life {
        before: &[RUN],
        wish: "desired_state = 'stopped'",
        status: "stopped",
        plan: domain::Wish::Stopped,
    },
    Life {
        before: &[RUN],
        wish: "desired_state = 'deleted'",
        status: "deprovisioned",
        plan: domain::Wish::Deleted,
    },
];

/// An instance at the start of a life, beside a running one of another account. Nothing works on them.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) outside: Outside,
    pub(super) instance: Uuid,
    bystander: Bystander,
    pub(super) folder: tempfile::TempDir,
}

impl Stage {
    pub(super) async fn before(life: &Life) -> Self {
        let world = World::new().await;
        let other = Uuid::from_u128(2);
        world.account(other, "bob@example.com", "cus_bob").await;
        let instance = world.instance(ACCOUNT, "ann-1").await;
        let bystander = world.instance(other, "bob-1").await;
        let folder = tempfile::tempdir().unwrap();
        let outside = Outside::new(folder.path());
        let runner = reconcile::start(&world, &outside, quick());
        world.wish(bystander, RUN.0).await;
        world.until_settled(bystander, RUN.1).await;
        for (wish, status) in life.before {
            world.wish(instance, wish).await;
            world.until_settled(instance, status).await;
        }
        runner.drain().await;
        Self {
            bystander: Bystander::of(&world, &outside, bystander).await,
            world,
            outside,
            instance,
            folder,
        }
    }

    pub(super) fn orders(&self) -> Orders {
        Orders::new(&self.world.daemon_url(), self.folder.path())
    }

    pub(super) async fn check(&self) {
        invariants::check(&self.world, &self.outside).await;
        self.bystander.check(&self.world, &self.outside).await;
    }
}

/// The points that a life comes by.
pub(super) async fn points_of(life: &Life) -> Vec<String> {
    let stage = Stage::before(life).await;
    let (faults, seen) = recording();
    let settings = Settings { faults, ..quick() };
    let runner = reconcile::start(&stage.world, &stage.outside, settings);
    stage.world.wish(stage.instance, life.wish).await;
    stage.world.until_settled(stage.instance, life.status).await;
    runner.drain().await;
    stage.check().await;
    let points = seen.lock().unwrap().clone();
    let (_, steps) = PLANS.iter().find(|(wish, _)| *wish == life.plan).unwrap();
    for step in *steps {
        for place in ["before", "after", "recorded"] {
            let point = format!("{place}:{}:{step}", life.plan.word());
            assert!(points.contains(&point), "{point} is not in {points:?}");
        }
    }
    points
}

pub(super) fn recording() -> (Faults, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let faults = {
        let seen = Arc::clone(&seen);
        Faults::new(move |point| {
            let mut seen: std::sync::MutexGuard<'_, Vec<String>> = seen.lock().unwrap();
            if point != "heartbeat" && !seen.iter().any(|known| known == point) {
                seen.push(point.to_owned());
            }
            Fault::None
        })
    };
    (faults, seen)
}

/// Whether the job's end is recorded when it comes to a point.
fn is_over(point: &str) -> bool {
    let place = point.split(':').next().unwrap_or_default();
    matches!(place, "settled" | "finished" | "ended")
        || (place == "recorded" && point.split(':').count() == 2)
}

/// Waits for a kill, then lets somebody else go on at once.
pub(super) async fn killed(world: &World, child: &mut Child, point: &str) {
    let status = child.ended().await;
    assert_eq!(
        status.signal(),
        Some(Signal::SIGKILL as i32),
        "{point}: {status}"
    );
    world.expire_leases().await;
}

/// The only end of the job says what the kill cost.
async fn assert_cost(world: &World, lane: &str, since: i64, point: &str) {
    let query = "select count(*), max(attempt), max(crashes) from prov.job_history where lane = $1 and id > $2";
    let row = world.sql.query_one(query, &[&lane, &since]).await.unwrap();
    let cost: (i64, Option<i32>, Option<i32>) = (row.get(0), row.get(1), row.get(2));
    let crashes = i32::from(!is_over(point));
    assert_eq!(cost, (1, Some(1), Some(crashes)), "{point}");
}

async fn last_job(world: &World) -> i64 {
    world
        .ask("select coalesce(max(id), 0) from prov.job_history")
        .await
}

async fn kill_at(life: &Life, point: String) {
    let stage = Stage::before(life).await;
    let world = &stage.world;
    let since = last_job(world).await;
    let mut child = Child::start(&stage.orders().failing(&format!("{point}=kill")));
    world.wish(stage.instance, life.wish).await;
    killed(world, &mut child, &point).await;
    let runner = reconcile::start(world, &stage.outside, quick());
    world.until_settled(stage.instance, life.status).await;
    runner.drain().await;
    stage.check().await;
    let lane = format!("instance:{}", stage.instance);
    assert_cost(world, &lane, since, &point).await;
}

/// Kills at every point of a life (faults 2 and 3).
async fn kill_everywhere(life: &Life) {
    let points = points_of(life).await;
    assert!(points.iter().any(|point| is_over(point)));
    let kills = points.into_iter().map(|point| kill_at(life, point));
    let kills = futures::stream::iter(kills).buffer_unordered(AT_ONCE);
    Box::pin(kills.collect::<Vec<()>>()).await;
}

#[tokio::test]
async fn fault_02_killed_at_every_point_of_a_start() {
    kill_everywhere(&LIVES[0]).await;
}

#[tokio::test]
async fn fault_02_killed_at_every_point_of_a_restart() {
    kill_everywhere(&LIVES[1]).await;
}

#[tokio::test]
async fn fault_02_killed_at_every_point_of_a_stop() {
    kill_everywhere(&LIVES[2]).await;
}

#[tokio::test]
async fn fault_02_killed_at_every_point_of_a_delete() {
    kill_everywhere(&LIVES[3]).await;
}

/// After the commit of the end nothing is done again (part of the kills above, and by name).
#[tokio::test]
async fn fault_03_killed_after_the_end_was_committed() {
    kill_at(&LIVES[0], "settled:running".to_owned()).await;
}

/// Nobody helps: the lease runs out by itself, another replica takes the job, and no attempt is used up.
#[tokio::test]
async fn fault_01_killed_after_the_claim() {
    let stage = Stage::before(&LIVES[0]).await;
    let orders = stage.orders().with_lease(Duration::from_secs(3));
    let faults = "claimed:reconcile-instance=kill";
    let mut child = Child::start(&orders.clone().failing(faults));
    stage.world.wish(stage.instance, RUN.0).await;
    let status = child.ended().await;
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32));
    let _other = Child::start(&orders);
    stage.world.until_settled(stage.instance, "running").await;
    let is_free: bool = stage
        .world
        .ask("select attempt = 1 and crashes = 1 from prov.job_history order by id desc limit 1")
        .await;
    assert!(is_free);
    stage.check().await;
}

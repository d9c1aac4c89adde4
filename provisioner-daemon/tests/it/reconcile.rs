//! `reconcile-instance` over a driver that keeps its world in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Wish;
use futures::FutureExt;
use futures::future::BoxFuture;
use provisioner_daemon::drivers::{Driver, DriverError, Observed, Progress, Step, Work};
use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::{Runner, Settings};
use serde_json::json;
use store::daemon::instances::Instance;

use crate::world::{ACCOUNT, World};

const STEPS: [&str; 3] = ["one", "two", "three"];

/// What a step answers instead of doing its work, once or always.
#[derive(Clone)]
enum Obstacle {
    Transient,
    Permanent,
    Trouble,
    Waits,
}

#[derive(Default)]
struct Made {
    steps: BTreeSet<&'static str>,
    restart: i32,
    obstacles: HashMap<&'static str, (u32, Obstacle)>,
    done_twice: u32,
}

/// Makes three steps true.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Made>>);

impl Memory {
    fn put(&self, step: &'static str, times: u32, obstacle: Obstacle) {
        self.0
            .lock()
            .unwrap()
            .obstacles
            .insert(step, (times, obstacle));
    }

    fn clear(&self) {
        self.0.lock().unwrap().obstacles.clear();
    }

    fn ensure_now(&self, step: Step, instance: &Instance) -> Result<Progress, DriverError> {
        let mut made = self.0.lock().unwrap();
        if let Some((times, obstacle)) = made.obstacles.get_mut(step.name)
            && *times > 0
        {
            *times -= 1;
            let cause = anyhow::anyhow!("a detail for the log");
            return match obstacle {
                Obstacle::Transient => Err(DriverError::transient("It did not work yet.", cause)),
                Obstacle::Permanent => Err(DriverError::permanent("It can never work.", cause)),
                Obstacle::Trouble => Ok(Progress::Trouble(
                    Duration::from_millis(20),
                    "Something is missing.".to_owned(),
                )),
                Obstacle::Waits => Ok(Progress::Waiting(Duration::from_millis(10))),
            };
        }
        if step.name == "down" {
            made.steps.clear();
            return Ok(Progress::Done);
        }
        if made.restart < instance.restart_gen {
            made.steps.clear();
            made.restart = instance.restart_gen;
        }
        if !made.steps.insert(step.name) {
            made.done_twice += 1;
        }
        Ok(Progress::Done)
    }
}

impl Driver for Memory {
    fn plan(&self, _: &Instance, wish: Wish) -> Vec<Step> {
        let names: &[&'static str] = if wish == Wish::Running {
            &STEPS
        } else {
            &["down"]
        };
        names
            .iter()
            .map(|name| Step { name, title: name })
            .collect()
    }

    fn ensure<'a>(
        &'a self,
        step: Step,
        work: &'a Work<'a>,
    ) -> BoxFuture<'a, Result<Progress, DriverError>> {
        async move { self.ensure_now(step, work.instance) }.boxed()
    }

    fn observe<'a>(
        &'a self,
        instance: &'a Instance,
    ) -> BoxFuture<'a, Result<Observed, DriverError>> {
        let made = self.0.lock().unwrap();
        let is_settled = match instance.wish {
            Wish::Running => {
                made.steps.len() == STEPS.len() && made.restart == instance.restart_gen
            }
            Wish::Stopped | Wish::Deleted => made.steps.is_empty(),
        };
        let observed = Observed {
            is_settled,
            is_partly_up: !made.steps.is_empty(),
            internal_urls: json!({"web": "http://127.0.0.1:1"}),
            ..Observed::default()
        };
        async move { Ok(observed) }.boxed()
    }
}

struct Scene {
    world: World,
    memory: Memory,
    runner: Runner,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        world.instance(ACCOUNT, "ann-1").await;
        let memory = Memory::default();
        let handler = Arc::new(ReconcileInstance::new(Arc::new(memory.clone())));
        let settings = Settings {
            retry: (Duration::from_millis(1), Duration::from_millis(10)),
            poll: Duration::from_millis(100),
            ..Settings::default()
        };
        let runner = Runner::start(
            world.db.clone(),
            &world.daemon_url(),
            vec![handler],
            settings,
        )
        .unwrap();
        Self {
            world,
            memory,
            runner,
        }
    }

    async fn enqueue(&self) {
        self.world
            .run("select prov.enqueue_instance(id) from instances; select prov.ring(0)")
            .await;
    }

    async fn wish(&self, change: &str) {
        self.world
            .run(&format!(
                "update instances set {change}, desired_gen = desired_gen + 1"
            ))
            .await;
        self.enqueue().await;
    }

    async fn until(&self, status: &str) {
        self.world
            .until(&format!(
                "select status = '{status}' and observed_gen = desired_gen from instances \
                 where not exists (select 1 from prov.jobs where state <> 'dead')"
            ))
            .await;
    }

    /// The statuses in their order.
    async fn statuses(&self) -> String {
        self.world
            .ask("select coalesce(string_agg(name, ' ' order by id), '') from instance_events where kind = 'status'")
            .await
    }
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
        "one:started one:done two:started two:done three:started three:done"
    );
    let urls: serde_json::Value = scene.world.ask("select internal_urls from instances").await;
    assert_eq!(urls["web"], "http://127.0.0.1:1");

    // Again, without a new wish: looked at, nothing done.
    scene.enqueue().await;
    scene
        .world
        .until("select count(*) = 2 from prov.job_history where outcome = 'done'")
        .await;
    assert_eq!(scene.memory.0.lock().unwrap().done_twice, 0);

    scene.wish("restart_gen = 1").await;
    scene.until("running").await;
    scene.wish("desired_state = 'stopped'").await;
    scene.until("stopped").await;
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    scene.wish("desired_state = 'deleted'").await;
    scene.until("deprovisioned").await;
    assert_eq!(
        scene.statuses().await,
        "running restarting running stopping stopped provisioning running deprovisioning deprovisioned"
    );
    scene.runner.drain().await;
}

#[tokio::test]
async fn an_error_at_any_step_is_shown_and_overcome() {
    for step in STEPS {
        let scene = Scene::new().await;
        scene.memory.put(step, 2, Obstacle::Transient);
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
        scene.runner.drain().await;
    }
}

#[tokio::test]
async fn what_can_never_work_is_an_error_until_the_next_wish() {
    let scene = Scene::new().await;
    scene.memory.put("two", 1, Obstacle::Permanent);
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
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "error provisioning running");
    scene.runner.drain().await;
}

#[tokio::test]
async fn trouble_outside_is_an_error_that_ends_by_itself_and_does_not_flicker() {
    let scene = Scene::new().await;
    scene.memory.put("one", u32::MAX, Obstacle::Trouble);
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
    scene.memory.clear();
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "error provisioning running");
    scene.runner.drain().await;
}

#[tokio::test]
async fn a_wish_that_changes_on_the_way_wins() {
    let scene = Scene::new().await;
    scene.memory.put("three", u32::MAX, Obstacle::Waits);
    scene.enqueue().await;
    scene
        .world
        .until("select exists (select 1 from instance_events where name = 'three')")
        .await;
    scene.wish("desired_state = 'deleted'").await;
    scene.until("deprovisioned").await;
    assert!(scene.memory.0.lock().unwrap().steps.is_empty());
    scene.runner.drain().await;
}

#[tokio::test]
async fn a_part_that_is_gone_is_made_again() {
    let scene = Scene::new().await;
    scene.enqueue().await;
    scene.until("running").await;
    scene.memory.0.lock().unwrap().steps.remove("two");
    scene.enqueue().await;
    scene
        .world
        .until("select count(*) = 2 from prov.job_history where outcome = 'done'")
        .await;
    assert_eq!(scene.statuses().await, "running degraded running");
    scene.runner.drain().await;
}

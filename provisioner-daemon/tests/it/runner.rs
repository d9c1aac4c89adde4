//! The runner with a made-up job.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use provisioner_daemon::runner::{Handler, JobContext, JobError, Outcome, Runner, Settings};

use crate::world::World;

type Body = dyn Fn(u32) -> Result<Outcome, JobError> + Send + Sync;

/// A job that does what its body says to its n-th run, or waits for ever when that says so.
struct Fake {
    runs: Arc<AtomicU32>,
    body: Box<Body>,
    deadline: Duration,
    /// Goes on between steps until it may not.
    is_long: bool,
}

impl Handler for Fake {
    fn kind(&self) -> &'static str {
        "k"
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
            if self.is_long {
                loop {
                    cx.may_go_on()?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            (self.body)(run)
        }
        .boxed()
    }
}

fn quick() -> Settings {
    Settings {
        poll: Duration::from_millis(200),
        heartbeat: Duration::from_millis(300),
        sweep: Duration::from_millis(200),
        retry: (Duration::from_millis(1), Duration::from_millis(20)),
        drain_grace: Duration::from_secs(5),
        ..Settings::default()
    }
}

fn start(world: &World, fake: Fake, settings: Settings) -> Runner {
    Runner::start(
        world.db.clone(),
        &world.daemon_url(),
        vec![Arc::new(fake)],
        settings,
    )
    .unwrap()
}

fn fake(
    body: impl Fn(u32) -> Result<Outcome, JobError> + Send + Sync + 'static,
) -> (Fake, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    let fake = Fake {
        runs: Arc::clone(&runs),
        body: Box::new(body),
        deadline: Duration::from_secs(20),
        is_long: false,
    };
    (fake, runs)
}

fn oops() -> JobError {
    JobError::transient(std::io::Error::other("oops"))
}

const DONE: &str = "select outcome = 'done' from prov.job_history";

#[tokio::test]
async fn a_transient_error_is_tried_again_and_counts() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (fake, runs) = fake(|run| {
        if run < 3 {
            Err(oops())
        } else {
            Ok(Outcome::Done)
        }
    });
    let runner = start(&world, fake, quick());
    world.until(DONE).await;
    runner.drain().await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let attempt: i32 = world.ask("select attempt from prov.job_history").await;
    assert_eq!(attempt, 3);
}

#[tokio::test]
async fn waiting_costs_no_attempt_and_ends_on_time() {
    let world = World::new().await;
    let (fake, _) = fake(|run| match run {
        1..=5 => Err(JobError::Waiting(Duration::from_millis(50))),
        _ => Ok(Outcome::Done),
    });
    // Only the doorbell and the snooze's own bell can be this quick.
    let runner = start(
        &world,
        fake,
        Settings {
            poll: Duration::from_mins(10),
            ..quick()
        },
    );
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    let began = Instant::now();
    world.enqueue("l", None, "k", 1).await;
    world.run("select prov.ring(0)").await;
    world.until(DONE).await;
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
    runner.drain().await;
    let attempt: i32 = world.ask("select attempt from prov.job_history").await;
    assert_eq!(attempt, 1);
}

#[tokio::test]
async fn a_panic_is_an_error_of_that_job_only() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (fake, _) = fake(|run| {
        assert!(run > 1, "on purpose");
        Ok(Outcome::Done)
    });
    let runner = start(&world, fake, quick());
    world.until(DONE).await;
    runner.drain().await;
    let error: String = world
        .ask("select attempt::text from prov.job_history")
        .await;
    assert_eq!(error, "2");
}

#[tokio::test]
async fn a_permanent_error_blocks_and_a_malformed_payload_is_buried() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (first, _) = fake(|_| Err(JobError::Permanent(std::io::Error::other("never").into())));
    let runner = start(&world, first, quick());
    world
        .until("select outcome = 'blocked' and error->>'message' = 'never' from prov.job_history")
        .await;
    runner.drain().await;

    world.enqueue("l", None, "k", 2).await;
    let (second, runs) = fake(|_| Err(JobError::Malformed(std::io::Error::other("what").into())));
    let runner = start(&world, second, quick());
    world.until("select state = 'dead' from prov.jobs").await;
    runner.drain().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn attempts_end_and_the_job_is_dead() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    world.run("update prov.jobs set max_attempts = 3").await;
    let (fake, runs) = fake(|_| Err(oops()));
    let runner = start(&world, fake, quick());
    world.until("select state = 'dead' from prov.jobs").await;
    runner.drain().await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_job_that_hangs_is_ended_by_its_deadline() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (fake, _) = fake(|_| Ok(Outcome::Done));
    let fake = Fake {
        is_long: true,
        deadline: Duration::from_millis(100),
        ..fake
    };
    let runner = start(&world, fake, quick());
    world
        .until("select last_error->>'message' like '%took longer%' from prov.jobs")
        .await;
    runner.drain().await;
}

#[tokio::test]
async fn a_running_job_stops_when_it_is_cancelled() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (fake, runs) = fake(|_| Ok(Outcome::Done));
    let runner = start(
        &world,
        Fake {
            is_long: true,
            ..fake
        },
        quick(),
    );
    wait_until(|| runs.load(Ordering::SeqCst) == 1).await;
    world.run("select prov.cancel(id) from prov.jobs").await;
    world
        .until("select outcome = 'cancelled' from prov.job_history")
        .await;
    runner.drain().await;
}

#[tokio::test]
async fn draining_hands_work_back_at_no_cost() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (first, runs) = fake(|_| Ok(Outcome::Done));
    let runner = start(
        &world,
        Fake {
            is_long: true,
            ..first
        },
        quick(),
    );
    wait_until(|| runs.load(Ordering::SeqCst) == 1).await;
    let pulse = runner.pulse();
    runner.drain().await;
    assert_eq!(pulse.not_ready(), Some("draining"));
    let is_handed_back: bool = world
        .ask("select state = 'queued' and attempt = 0 and run_at <= now() from prov.jobs")
        .await;
    assert!(is_handed_back);
    let (second, _) = fake(|_| Ok(Outcome::Done));
    let runner = start(&world, second, quick());
    world.until(DONE).await;
    runner.drain().await;
}

#[tokio::test]
async fn a_lost_claim_ends_the_work_and_writes_nothing() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let (fake, runs) = fake(|_| Ok(Outcome::Done));
    let runner = start(
        &world,
        Fake {
            is_long: true,
            ..fake
        },
        quick(),
    );
    wait_until(|| runs.load(Ordering::SeqCst) == 1).await;
    // Somebody else has it now.
    world
        .run("update prov.jobs set fence = nextval('prov.fence_seq'), worker = gen_random_uuid()")
        .await;
    world
        .run("update prov.jobs set lease_until = now() + interval '1 h'")
        .await;
    tokio::time::timeout(Duration::from_secs(10), runner.drain())
        .await
        .expect("the job ended");
    let is_untouched: bool = world
        .ask("select state = 'running' and attempt = 1 from prov.jobs")
        .await;
    assert!(is_untouched);
}

#[tokio::test]
async fn work_goes_on_after_the_connections_were_cut() {
    let world = World::new().await;
    let (fake, _) = fake(|_| Ok(Outcome::Done));
    let runner = start(&world, fake, quick());
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    world.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'mindroom_daemon' and datname = current_database()").await;
    world.enqueue("l", None, "k", 1).await;
    world.until(DONE).await;
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    runner.drain().await;
}

async fn wait_until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < crate::world::PATIENCE, "waited too long");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

//! A made-up job, and a runner that runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use provisioner_daemon::runner::{Handler, JobContext, JobError, Outcome, Runner, Settings};

use crate::world::{PATIENCE, World};

type Body = dyn Fn(u32) -> Result<Outcome, JobError> + Send + Sync;

/// A job, of kind `k` as a rule, that does what its body says to its n-th run.
pub(crate) struct MadeUp {
    kind: &'static str,
    ends: Arc<AtomicBool>,
    runs: Runs,
    body: Box<Body>,
    deadline: Duration,
    /// Goes on between steps until it may not.
    is_long: bool,
    /// Never comes to a point between two steps.
    is_hung: bool,
}

impl MadeUp {
    pub(crate) fn new(
        body: impl Fn(u32) -> Result<Outcome, JobError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind: "k",
            ends: Arc::default(),
            runs: Runs::default(),
            body: Box::new(body),
            deadline: Duration::from_mins(1),
            is_long: false,
            is_hung: false,
        }
    }

    pub(crate) fn done() -> Self {
        Self::new(|_| Ok(Outcome::Done))
    }

    /// Goes on until it may not.
    pub(crate) fn long() -> Self {
        Self {
            is_long: true,
            ..Self::done()
        }
    }

    /// Of another kind, and goes on until it may not or is told to end.
    pub(crate) fn long_until(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::long()
        }
    }

    /// Hangs in its first run, and has so long for each.
    pub(crate) fn hung(deadline: Duration) -> Self {
        Self {
            is_hung: true,
            deadline,
            ..Self::done()
        }
    }

    /// What tells a long one to end.
    pub(crate) fn ends(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.ends)
    }

    pub(crate) fn runs(&self) -> Runs {
        self.runs.clone()
    }
}

impl Handler for MadeUp {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn deadline(&self) -> Duration {
        self.deadline
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            let (run, _at_work) = self.runs.begin();
            if self.is_hung && run == 1 {
                std::future::pending::<()>().await;
            }
            while self.is_long && !self.ends.load(Ordering::SeqCst) {
                cx.may_go_on()?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (self.body)(run)
        }
        .boxed()
    }
}

/// How often it ran, and how often it runs now.
#[derive(Clone, Default)]
pub(crate) struct Runs {
    begun: Arc<AtomicU32>,
    at_work: Arc<AtomicU32>,
}

/// A run; over when it is dropped, however that comes about.
struct AtWork(Runs);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Runs {
    fn begin(&self) -> (u32, AtWork) {
        self.at_work.fetch_add(1, Ordering::SeqCst);
        let run = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        (run, AtWork(self.clone()))
    }

    pub(crate) fn count(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }

    pub(crate) fn is_at_work(&self) -> bool {
        self.at_work.load(Ordering::SeqCst) > 0
    }

    pub(crate) async fn reach(&self, count: u32) {
        wait_until(|| self.count() >= count).await;
    }
}

/// Short times, but a lease that a busy machine does not lose.
pub(crate) fn quick() -> Settings {
    Settings {
        heartbeat: Duration::from_millis(300),
        ..crate::child::settings(Duration::from_secs(30))
    }
}

pub(crate) fn start(world: &World, handler: impl Handler, settings: Settings) -> Runner {
    let handler: Arc<dyn Handler> = Arc::new(handler);
    Runner::start(
        world.db.clone(),
        &world.daemon_url(),
        vec![handler],
        settings,
    )
    .unwrap()
}

pub(crate) fn oops() -> JobError {
    JobError::transient(std::io::Error::other("oops"))
}

/// The only job is done.
pub(crate) const DONE: &str = "select outcome = 'done' from prov.job_history";

pub(crate) async fn wait_until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "waited too long");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A world in which one job of kind `k` waits.
pub(crate) async fn world_with_a_job() -> World {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    world
}

/// A world in which that job runs, with its runner.
pub(crate) async fn running(handler: MadeUp, settings: Settings) -> (World, Runner) {
    let world = world_with_a_job().await;
    let runs = handler.runs();
    let runner = start(&world, handler, settings);
    runs.reach(1).await;
    (world, runner)
}

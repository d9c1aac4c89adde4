//! Runs jobs. Knows no job by name: kinds come as [`Handler`]s.
//!
//! A job is claimed with a fence and a lease. The lease is counted by the monotonic clock from before the
//! claim or heartbeat was sent, and work stops well before the database could give the job to somebody else.

mod beat;
mod claimer;
mod context;
mod ends;
mod execute;
mod faults;
mod figures;
mod handler;
mod leases;
mod listen;
mod maintenance;
mod pulse;
mod retry;
mod settings;
mod wake;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use store::daemon::Db;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use context::JobContext;
pub use faults::{Fault, Faults};
pub use handler::{Handler, JobError, Outcome};
pub use pulse::Pulse;
pub use settings::Settings;

use ends::Ends;
use leases::Leases;
use wake::Wakes;

/// What this daemon understands of the queue. A schema that needs more says so (`prov.oldest_protocol`).
const PROTOCOL: i32 = 1;

/// How long handing back may take at shutdown, after the drain's own grace.
const HAND_BACK: Duration = Duration::from_secs(3);

/// What the loops of a runner share.
struct Shared {
    db: Db,
    /// Heartbeats have a connection of their own, so that no flood of work can starve them.
    beat_db: Db,
    database_url: String,
    settings: Settings,
    handlers: BTreeMap<&'static str, Arc<dyn Handler>>,
    leases: Leases,
    ends: Ends,
    wakes: Wakes,
    pulse: Pulse,
    /// Set when the process was asked to end: nothing new is begun.
    drain: CancellationToken,
    /// Set when the jobs had their time to end: loops and jobs stop.
    stop: CancellationToken,
    jobs: TaskTracker,
}

/// A running runner.
pub struct Runner {
    shared: Arc<Shared>,
    claimers: TaskTracker,
    loops: TaskTracker,
}

impl Runner {
    /// Starts all loops.
    pub fn start(
        db: Db,
        database_url: &str,
        handlers: Vec<Arc<dyn Handler>>,
        settings: Settings,
    ) -> Result<Self, store::daemon::Error> {
        let handlers: BTreeMap<_, _> = handlers
            .into_iter()
            .map(|handler| (handler.kind(), handler))
            .collect();
        let (ends, coming) = Ends::new();
        let shared = Arc::new(Shared {
            beat_db: Db::new(database_url, 1)?,
            db,
            database_url: database_url.to_owned(),
            handlers,
            leases: Leases::default(),
            ends,
            wakes: Wakes::new(settings.slots.len()),
            pulse: Pulse::new(settings.database_fresh),
            drain: CancellationToken::new(),
            stop: CancellationToken::new(),
            jobs: TaskTracker::new(),
            settings,
        });
        let claimers = TaskTracker::new();
        for class in 0..shared.settings.slots.len() {
            claimers.spawn(claimer::run(Arc::clone(&shared), class));
        }
        claimers.close();
        let loops = TaskTracker::new();
        loops.spawn(ends::run(Arc::clone(&shared), coming));
        loops.spawn(listen::run(Arc::clone(&shared)));
        loops.spawn(beat::run(Arc::clone(&shared)));
        loops.spawn(beat::watch(Arc::clone(&shared)));
        loops.spawn(maintenance::write(Arc::clone(&shared)));
        loops.spawn(maintenance::sweep(Arc::clone(&shared)));
        loops.spawn(maintenance::safety_net(Arc::clone(&shared)));
        loops.spawn(maintenance::schedule(Arc::clone(&shared)));
        loops.spawn(maintenance::history(Arc::clone(&shared)));
        loops.spawn(figures::run(Arc::clone(&shared)));
        loops.close();
        Ok(Self {
            shared,
            claimers,
            loops,
        })
    }

    /// Signs of life of the loops.
    pub fn pulse(&self) -> Pulse {
        self.shared.pulse.clone()
    }

    /// Begins nothing new, lets the steps that run end, hands back the rest, and ends.
    pub async fn drain(self) {
        self.shared.pulse.set_draining();
        self.shared.drain.cancel();
        self.shared.jobs.close();
        let grace = self.shared.settings.drain_grace;
        let ended = async {
            // A claim that is under way may still bring jobs, one that was just handed back among them.
            self.claimers.wait().await;
            self.shared.jobs.wait().await;
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!("jobs did not end in time and are handed back");
        }
        self.shared.leases.stop_all();
        // Jobs hand themselves back; that is one statement each.
        let _ = tokio::time::timeout(HAND_BACK, self.shared.jobs.wait()).await;
        self.shared.stop.cancel();
        self.claimers.wait().await;
        self.loops.wait().await;
    }
}

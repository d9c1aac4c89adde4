//! One loop per class: claims exactly as many jobs as it has free slots.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::daemon::jobs::{self, Floor, Job, Wanted};
use tokio::sync::Semaphore;

use super::retry::jittered;
use super::{Shared, execute};

pub(super) async fn run(shared: Arc<Shared>, class: usize) {
    let slots = Arc::new(Semaphore::new(shared.settings.slots[class]));
    let mut last_resort = Instant::now();
    let mut ground = Ground::default();
    while !shared.drain.is_cancelled() {
        shared.pulse.tick(NAMES[class.min(NAMES.len() - 1)]);
        let obstacle = shared
            .handlers
            .values()
            .find_map(|handler| handler.obstacle());
        shared.pulse.set_obstacle(obstacle);
        let began = tokio::time::Instant::now();
        let asked = slots.available_permits();
        let got = if asked == 0 || shared.pulse.is_outdated() {
            0
        } else {
            let is_last_resort = last_resort.elapsed() >= LAST_RESORT;
            let got = claim(
                &shared,
                class,
                asked,
                &slots,
                is_last_resort,
                ground.floor(),
            )
            .await;
            if got > 0 {
                ground.look(&shared, class).await;
            }
            if is_last_resort && got == 0 {
                last_resort = Instant::now();
            }
            got
        };
        // There may be more, so look again. Fewer than asked for does not mean the last: an account at its cap,
        // or one suspect at a time, holds others back.
        let wait = if got > 0 {
            Duration::ZERO
        } else {
            jittered(shared.settings.poll)
        };
        // A bell after a quiet time is followed at once; those of a flood share a claim.
        let next = async {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shared.wakes.rung(class) => {}
            }
            tokio::time::sleep_until(began + shared.settings.claim_floor).await;
        };
        tokio::select! {
            () = next => {}
            () = shared.drain.cancelled() => return,
        }
    }
}

/// Jobs that this process can do nothing about are left to others, and looked at this long after there were none.
const LAST_RESORT: Duration = Duration::from_secs(5);

/// Claims look at everything at least this often.
const FULL_LOOK: Duration = Duration::from_millis(500);

/// Where claims begin, as far as it is known. Only busy claimers ask.
#[derive(Default)]
struct Ground(Option<(Floor, Instant)>);

impl Ground {
    /// None while what was answered is too old.
    fn floor(&self) -> Option<Floor> {
        let (floor, since) = self.0?;
        (since.elapsed() < FULL_LOOK).then_some(floor)
    }

    /// Asks again, when what was answered has become old.
    async fn look(&mut self, shared: &Shared, class: usize) {
        if self.floor().is_some() {
            return;
        }
        let since = Instant::now();
        let class = i32::try_from(class).unwrap_or(0);
        // without it the next claims look at everything
        self.0 = jobs::floor(&shared.db, class)
            .await
            .ok()
            .map(|floor| (floor, since));
    }
}

/// Names of the loops, for the probes.
const NAMES: [&str; 4] = ["claimer 0", "claimer 1", "claimer 2", "claimer"];

/// Claims and starts up to `count` jobs; answers how many.
async fn claim(
    shared: &Arc<Shared>,
    class: usize,
    count: usize,
    slots: &Arc<Semaphore>,
    is_last_resort: bool,
    floor: Option<Floor>,
) -> usize {
    let handlers = shared.handlers.values();
    let able = handlers.filter(|handler| is_last_resort || handler.obstacle().is_none());
    let kinds: Vec<&'static str> = able.map(|handler| handler.kind()).collect();
    let settings = &shared.settings;
    let since = Instant::now();
    let wanted = Wanted {
        class: i32::try_from(class).unwrap_or(0),
        count: i32::try_from(count).unwrap_or(i32::MAX),
        tenant_cap: settings.tenant_cap,
        worker: settings.worker,
        ttl: settings.lease,
        kinds: &kinds,
        floor,
    };
    match jobs::claim(&shared.db, wanted).await {
        Ok(claimed) => {
            metrics::histogram!("prov_claim_seconds").record(since.elapsed());
            let count = claimed.len();
            for job in claimed {
                start(shared, class, job, since, slots);
            }
            count
        }
        Err(error) if is_race(&error) => {
            // Another claimer took the lane, or our other class a suspect, between our look and our write.
            shared.wakes.ring(class);
            0
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot claim");
            0
        }
    }
}

fn is_race(error: &store::daemon::Error) -> bool {
    use tokio_postgres::error::SqlState;
    matches!(error, store::daemon::Error::Statement(error)
        if error.code() == Some(&SqlState::UNIQUE_VIOLATION))
}

fn start(shared: &Arc<Shared>, class: usize, job: Job, since: Instant, slots: &Arc<Semaphore>) {
    let lease = shared.leases.hold(job.claim, since, shared.settings.lease);
    metrics::histogram!("prov_queue_wait_seconds", "kind" => job.kind.clone())
        .record(job.waited_s.max(0.0));
    let slot = Arc::clone(slots).try_acquire_owned().ok();
    let shared = Arc::clone(shared);
    let jobs = shared.jobs.clone();
    jobs.spawn(async move {
        execute::run(&shared, class, job, lease).await;
        drop(slot);
        shared.wakes.ring(class);
    });
}

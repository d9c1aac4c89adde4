//! The leases that this process holds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use store::daemon::Claim;
use tokio_util::sync::CancellationToken;

/// One held lease, shared between the job and the heartbeat.
#[derive(Clone)]
pub(super) struct Lease(Arc<State>);

struct State {
    claim: Claim,
    /// By this process's monotonic clock, counted from before the statement was sent.
    ends: Mutex<Instant>,
    cancel_asked: AtomicBool,
    lost: CancellationToken,
    stop: CancellationToken,
}

impl Lease {
    pub(super) fn is_lost(&self) -> bool {
        self.0.lost.is_cancelled()
    }

    pub(super) fn is_cancel_asked(&self) -> bool {
        self.0.cancel_asked.load(Ordering::Relaxed)
    }

    /// Resolves when the job must not write any more.
    pub(super) async fn lost(&self) {
        self.0.lost.cancelled().await;
    }

    /// Resolves when the process cannot wait for the job any longer.
    pub(super) async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }
}

/// All held leases.
#[derive(Default)]
pub(super) struct Leases {
    held: Mutex<HashMap<i64, Lease>>,
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, HashMap<i64, Lease>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a fresh claim that was asked for at `since`.
    pub(super) fn hold(&self, claim: Claim, since: Instant, ttl: Duration) -> Lease {
        let lease = Lease(Arc::new(State {
            claim,
            ends: Mutex::new(since + ttl),
            cancel_asked: AtomicBool::new(false),
            lost: CancellationToken::new(),
            stop: CancellationToken::new(),
        }));
        self.held().insert(claim.job, lease.clone());
        lease
    }

    /// Forgets a lease whose job has ended.
    pub(super) fn release(&self, claim: Claim) {
        let mut held = self.held();
        if held
            .get(&claim.job)
            .is_some_and(|lease| lease.0.claim == claim)
        {
            held.remove(&claim.job);
        }
    }

    pub(super) fn claims(&self) -> Vec<Claim> {
        self.held().values().map(|lease| lease.0.claim).collect()
    }

    /// Takes in a heartbeat that was sent at `since`: what it does not name is lost.
    pub(super) fn renew(
        &self,
        asked: &[Claim],
        answered: &[(i64, bool)],
        since: Instant,
        ttl: Duration,
    ) {
        let held = self.held();
        for claim in asked {
            let Some(lease) = held.get(&claim.job).filter(|lease| lease.0.claim == *claim) else {
                continue; // ended meanwhile
            };
            match answered.iter().find(|(job, _)| *job == claim.job) {
                Some((_, cancel)) => {
                    let mut ends = lease.0.ends.lock().unwrap_or_else(PoisonError::into_inner);
                    metrics::histogram!("prov_lease_age_seconds")
                        .record((since + ttl).saturating_duration_since(*ends));
                    *ends = since + ttl;
                    lease.0.cancel_asked.fetch_or(*cancel, Ordering::Relaxed);
                }
                None => lose(lease, "the database says so"),
            }
        }
    }

    /// Gives up every lease that ends within `margin`.
    pub(super) fn give_up_expiring(&self, margin: Duration) {
        let now = Instant::now();
        for lease in self.held().values() {
            let ends = *lease.0.ends.lock().unwrap_or_else(PoisonError::into_inner);
            if ends.saturating_duration_since(now) <= margin && !lease.is_lost() {
                lose(lease, "no heartbeat got through");
            }
        }
    }

    /// Tells every job that its time is over.
    pub(super) fn stop_all(&self) {
        for lease in self.held().values() {
            lease.0.stop.cancel();
        }
    }
}

fn lose(lease: &Lease, why: &str) {
    metrics::counter!("prov_leases_lost_total").increment(1);
    tracing::warn!(job.id = lease.0.claim.job, why, "lease lost");
    lease.0.lost.cancel();
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(30);
    const ONE: Claim = Claim { job: 1, fence: 7 };

    #[test]
    fn a_lease_is_given_up_before_it_ends() {
        let leases = Leases::default();
        let lease = leases.hold(ONE, Instant::now(), TTL);
        leases.give_up_expiring(Duration::from_secs(10));
        assert!(!lease.is_lost());
        leases.give_up_expiring(Duration::from_secs(31));
        assert!(lease.is_lost());
    }

    #[test]
    fn what_a_heartbeat_does_not_name_is_lost() {
        let leases = Leases::default();
        let lease = leases.hold(ONE, Instant::now(), TTL);
        leases.renew(&[ONE], &[(1, true)], Instant::now(), TTL);
        assert!(!lease.is_lost());
        assert!(lease.is_cancel_asked());
        leases.renew(&[ONE], &[], Instant::now(), TTL);
        assert!(lease.is_lost());
    }

    #[test]
    fn an_answer_to_an_older_claim_changes_nothing() {
        let leases = Leases::default();
        let lease = leases.hold(ONE, Instant::now(), TTL);
        let older = Claim { job: 1, fence: 6 };
        leases.renew(&[older], &[], Instant::now(), TTL);
        leases.release(older);
        assert!(!lease.is_lost());
        assert_eq!(leases.claims(), [ONE]);
    }
}

//! Heartbeats for all leases in one statement, and the watch that gives leases up in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use store::daemon::jobs;

use super::Shared;
use super::retry::jittered;

/// A heartbeat that takes longer is given up; the next one may get through.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: Arc<Shared>) {
    loop {
        shared.pulse.tick("heartbeat");
        beat(&shared).await;
        tokio::select! {
            () = tokio::time::sleep(jittered(shared.settings.heartbeat)) => {}
            () = shared.wakes.beat_rung() => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

async fn beat(shared: &Shared) {
    if shared.settings.faults.skips(format_args!("heartbeat")) {
        return;
    }
    // Also without a lease: it keeps the connection, which may be hard to get when it is needed.
    let claims = shared.leases.claims();
    let ttl = shared.settings.lease;
    let since = Instant::now();
    let sent = jobs::heartbeat(&shared.beat_db, &claims, ttl);
    match tokio::time::timeout(TIMEOUT, sent).await {
        Ok(Ok(held)) => {
            shared.leases.renew(&claims, &held, since, ttl);
        }
        Ok(Err(error)) => tracing::warn!(error = &error as &dyn std::error::Error, "no heartbeat"),
        Err(_) => tracing::warn!("heartbeat timed out"),
    }
}

/// Gives up leases that end soon. A loop of its own, so that a hanging heartbeat cannot hold it up.
pub(super) async fn watch(shared: Arc<Shared>) {
    let every = (shared.settings.lease / 60).max(Duration::from_millis(10));
    loop {
        shared.pulse.tick("lease watch");
        shared.leases.give_up_expiring(shared.settings.lease_margin);
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

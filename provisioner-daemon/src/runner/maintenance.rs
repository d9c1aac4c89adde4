//! What every replica does now and then: take back expired jobs, find lost work, run clocks, keep the history
//! short. Where once is enough, the database lets one replica have its turn.

use std::sync::Arc;
use std::time::Duration;

use store::daemon::chores;

use super::Shared;
use super::retry::jittered;

/// Expired jobs taken back at once.
const SWEEP_LIMIT: i32 = 100;
/// Clocks run at once.
const CLOCKS: i32 = 100;
/// How often the history's partitions are looked at; several are made ahead, so that nothing hangs on one time.
const HISTORY: Duration = Duration::from_mins(10);
const HISTORY_TURN: Duration = Duration::from_hours(1);

/// Sees whether the database takes writes.
pub(super) async fn write(shared: Arc<Shared>) {
    loop {
        shared.pulse.tick("write");
        match chores::take_write(&shared.db).await {
            Ok(()) => shared.pulse.database_took_write(),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "cannot write"),
        }
        if !pause(&shared, shared.settings.database_fresh / 3).await {
            return;
        }
    }
}

/// Takes back jobs whose lease ran out. Any replica may: rows are locked one by one.
pub(super) async fn sweep(shared: Arc<Shared>) {
    let mut predecessor = shared.settings.predecessor;
    loop {
        shared.pulse.tick("sweep");
        if let Some(worker) = predecessor
            && chores::abandon(&shared.db, worker).await.is_ok()
        {
            predecessor = None;
        }
        match chores::sweep(&shared.db, SWEEP_LIMIT, shared.settings.crash_delay).await {
            Ok(taken) => rescued(&shared, &taken),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "cannot sweep"),
        }
        if !pause(&shared, shared.settings.sweep).await {
            return;
        }
    }
}

fn rescued(shared: &Shared, taken: &[(i64, String)]) {
    for (job, outcome) in taken {
        tracing::warn!(job.id = job, %outcome, "expired job taken back");
        metrics::counter!("prov_jobs_rescued_total", "outcome" => outcome.clone()).increment(1);
        match outcome.as_str() {
            "dead" => metrics::counter!("prov_jobs_poisoned_total").increment(1),
            "merged" => metrics::counter!("prov_jobs_merged_total").increment(1),
            _ => {}
        }
    }
    if !taken.is_empty() {
        shared.wakes.ring_all();
        shared.wakes.ring_all_after(shared.settings.crash_delay);
    }
}

/// Gives a job to what should have one. Should never find anything.
pub(super) async fn safety_net(shared: Arc<Shared>) {
    let (every, grace) = (shared.settings.safety_net, shared.settings.lost_after);
    while pause(&shared, every).await {
        shared.pulse.tick("safety net");
        match chores::enqueue_lost(&shared.db, every / 2, grace).await {
            Ok(None | Some((0, 0))) => {}
            Ok(Some((instances, events))) => {
                tracing::warn!(instances, events, "work without a job found");
                let found = u64::try_from(instances + events).unwrap_or_default();
                metrics::counter!("prov_safety_net_hits_total").increment(found);
                shared.wakes.ring_all();
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no safety net"),
        }
    }
}

/// Enqueues the jobs of clocks that are due. A clock's row is locked, so each tick is one replica's.
pub(super) async fn schedule(shared: Arc<Shared>) {
    loop {
        shared.pulse.tick("schedule");
        match chores::run_due(&shared.db, CLOCKS).await {
            Ok(due) if due.is_empty() => {}
            Ok(due) => {
                tracing::debug!(clocks = due.join(" "), "due");
                shared.wakes.ring_all();
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "clocks not looked at"
                );
            }
        }
        if !pause(&shared, shared.settings.schedule).await {
            return;
        }
    }
}

/// Makes the partitions of the days to come and drops those whose time is over.
pub(super) async fn history(shared: Arc<Shared>) {
    loop {
        match chores::rotate_history(&shared.db, HISTORY_TURN).await {
            Ok(None | Some(0)) => {}
            Ok(Some(dropped)) => tracing::info!(dropped, "old history dropped"),
            // Locks are waited for shortly only; the turn was not taken, so the next look tries again.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "history not rotated"
                );
            }
        }
        if !pause(&shared, HISTORY).await {
            return;
        }
    }
}

/// Waits; false when the runner ends.
pub(super) async fn pause(shared: &Shared, period: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(jittered(period)) => true,
        () = shared.stop.cancelled() => false,
    }
}

//! What every replica does now and then: take back expired jobs, find lost work, count the queue.

use std::sync::Arc;
use std::time::Duration;

use store::daemon::jobs;

use super::Shared;
use super::retry::jittered;

/// Expired jobs taken back at once.
const SWEEP_LIMIT: i32 = 100;
/// How often the queue is counted.
const FIGURES: Duration = Duration::from_secs(15);

/// Takes back jobs whose lease ran out. Any replica may: rows are locked one by one.
pub(super) async fn sweep(shared: Arc<Shared>) {
    let mut predecessor = shared.settings.predecessor;
    loop {
        shared.pulse.tick("sweep");
        if let Some(worker) = predecessor
            && jobs::abandon(&shared.db, worker).await.is_ok()
        {
            predecessor = None;
        }
        match jobs::sweep(&shared.db, SWEEP_LIMIT).await {
            Ok(taken) => {
                for (job, outcome) in &taken {
                    tracing::warn!(job.id = job, %outcome, "expired job taken back");
                    metrics::counter!("prov_jobs_rescued_total", "outcome" => outcome.clone())
                        .increment(1);
                }
                if !taken.is_empty() {
                    shared.wakes.ring_all();
                }
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "cannot sweep"),
        }
        if !pause(&shared, shared.settings.sweep).await {
            return;
        }
    }
}

/// Gives a job to what should have one. Should never find anything.
pub(super) async fn safety_net(shared: Arc<Shared>) {
    while pause(&shared, shared.settings.safety_net).await {
        shared.pulse.tick("safety net");
        match jobs::enqueue_lost(&shared.db).await {
            Ok((0, 0)) => {}
            Ok((instances, events)) => {
                tracing::warn!(instances, events, "work without a job found");
                let found = u64::try_from(instances + events).unwrap_or_default();
                metrics::counter!("prov_safety_net_hits_total").increment(found);
                shared.wakes.ring_all();
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no safety net"),
        }
    }
}

/// Gauges of the queue.
pub(super) async fn figures(shared: Arc<Shared>) {
    loop {
        shared.pulse.tick("figures");
        match jobs::depth(&shared.db).await {
            Ok(depths) => {
                shared.pulse.database_answered();
                for class in 0..shared.settings.slots.len() {
                    for state in ["queued", "running", "dead"] {
                        let row = depths.iter().find(|row| {
                            usize::try_from(row.class) == Ok(class) && row.state == state
                        });
                        let labels = [("class", class.to_string()), ("state", state.to_owned())];
                        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
                        metrics::gauge!("prov_jobs", &labels)
                            .set(row.map_or(0.0, |row| row.jobs as f64));
                        metrics::gauge!("prov_oldest_job_seconds", &labels)
                            .set(row.map_or(0.0, |row| row.oldest_s));
                    }
                }
            }
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "no figures"),
        }
        if !pause(&shared, FIGURES).await {
            return;
        }
    }
}

/// Waits; false when the runner ends.
async fn pause(shared: &Shared, period: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(jittered(period)) => true,
        () = shared.stop.cancelled() => false,
    }
}

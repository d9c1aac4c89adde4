//! Gauges of the queue. One replica counts, all show.

use std::sync::Arc;

use store::daemon::chores::{self, Figures};

use super::maintenance::pause;
use super::{PROTOCOL, Shared};

pub(super) async fn run(shared: Arc<Shared>) {
    let every = shared.settings.figures;
    loop {
        shared.pulse.tick("figures");
        look_at_protocol(&shared).await;
        match chores::figures(&shared.db, every / 2).await {
            Ok(figures) => show(&figures, shared.settings.slots.len()),
            Err(error) => tracing::debug!(error = &error as &dyn std::error::Error, "no figures"),
        }
        if !pause(&shared, every).await {
            return;
        }
    }
}

/// During an upgrade the schema may become one that only newer daemons understand.
async fn look_at_protocol(shared: &Shared) {
    if let Ok(oldest) = chores::oldest_protocol(&shared.db).await {
        if oldest > PROTOCOL && !shared.pulse.is_outdated() {
            tracing::error!(
                oldest,
                ours = PROTOCOL,
                "the database needs a newer daemon; no more work is taken"
            );
        }
        shared.pulse.set_outdated(oldest > PROTOCOL);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn show(figures: &Figures, classes: usize) {
    for class in 0..classes {
        for state in ["queued", "running", "dead"] {
            let mut rows = figures.depth.iter();
            let row =
                rows.find(|row| usize::try_from(row.class) == Ok(class) && row.state == state);
            let labels = [("class", class.to_string()), ("state", state.to_owned())];
            metrics::gauge!("prov_jobs", &labels).set(row.map_or(0.0, |row| row.jobs as f64));
            metrics::gauge!("prov_oldest_job_seconds", &labels)
                .set(row.map_or(0.0, |row| row.oldest_s));
        }
    }
    metrics::gauge!("prov_oldest_transaction_seconds").set(figures.oldest_transaction_s);
    metrics::gauge!("prov_dead_tuples").set(figures.dead_tuples as f64);
    metrics::gauge!("prov_notify_queue_usage").set(figures.notify_queue_usage);
    metrics::gauge!("prov_overdue_instances").set(figures.overdue_instances as f64);
    metrics::gauge!("prov_attention_instances").set(figures.attention_instances as f64);
}

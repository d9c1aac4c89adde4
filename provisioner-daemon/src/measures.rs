//! What the daemon measures, by name: each explained to who reads `/metrics`, and there from the start where it has
//! no labels, so that an alert can tell zero from unknown.

use metrics::Unit;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Bounds of what is measured in seconds, from a statement to a first start. The same for all, so that replicas and
/// kinds can be added up.
const SECONDS: [f64; 14] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

const DURATIONS: [(&str, &str); 12] = [
    (
        "prov_render_seconds",
        "One render of an instance's chart, and the wait for its turn",
    ),
    ("prov_api_call_seconds", "One write to the cluster's API"),
    (
        "prov_drift_age_seconds",
        "For how long an instance's objects were not as they were applied",
    ),
    (
        "prov_watch_lag_seconds",
        "From the answer to a write of the cluster's API until its watch told of it",
    ),
    (
        "prov_full_pass_seconds",
        "Comparing all instances' objects with what was applied",
    ),
    ("prov_queue_wait_seconds", "From a job's time to its claim"),
    ("prov_claim_seconds", "The statement that claims jobs"),
    ("prov_job_seconds", "One attempt at a job"),
    ("prov_step_seconds", "One step of an instance's way"),
    (
        "prov_ready_wait_seconds",
        "From an instance's wish until it is so",
    ),
    (
        "prov_first_ready_seconds",
        "From an instance's order until it runs for the first time",
    ),
    (
        "prov_lease_age_seconds",
        "Age of a job's lease when it is prolonged",
    ),
];

/// Without labels, so that they can be zero before anything happened.
const COUNTERS: [(&str, &str); 14] = [
    (
        "prov_orphans_pruned_total",
        "Objects removed that are no longer rendered",
    ),
    (
        "prov_drift_total",
        "Objects that others changed or removed, as often as that was seen",
    ),
    (
        "prov_leases_lost_total",
        "Leases that could not be prolonged in time",
    ),
    (
        "prov_stale_writes_rejected_total",
        "Writes refused because a later claim was there",
    ),
    (
        "prov_anchor_refusals_total",
        "Attempts ended because a later claim had marked the instance",
    ),
    (
        "prov_jobs_poisoned_total",
        "Jobs given up because their workers died three times",
    ),
    ("prov_jobs_merged_total", "Jobs that joined one that waited"),
    (
        "prov_noop_reconciles_total",
        "Looks at an instance that found all as it should be",
    ),
    (
        "prov_repairs_total",
        "Instances of which a part lived, did not answer and was started again",
    ),
    (
        "prov_repairs_given_up_total",
        "Instances that were repaired in vain and asked for a person",
    ),
    (
        "prov_safety_net_hits_total",
        "Work that was found without a job",
    ),
    (
        "prov_stripe_missed_events_total",
        "Events that Stripe has and no webhook brought",
    ),
    (
        "prov_stripe_mended_subscriptions_total",
        "Subscriptions that differed from Stripe's without an event",
    ),
    (
        "prov_stripe_unknown_status_total",
        "Subscriptions whose status at Stripe is unknown here",
    ),
];

const LABELLED_COUNTERS: [(&str, &str); 6] = [
    ("prov_api_writes_total", "Writes to the cluster's API"),
    ("prov_jobs_ended_total", "Attempts by how they ended"),
    (
        "prov_jobs_rescued_total",
        "Jobs taken back from workers that died",
    ),
    (
        "prov_instances_overdue_total",
        "Instances whose status was not left by its deadline",
    ),
    (
        "prov_process_silences_total",
        "Processes of instances that live and stopped to answer (local driver)",
    ),
    (
        "prov_process_deaths_total",
        "Processes of instances that ended unasked (local driver)",
    ),
];

const GAUGES: [(&str, &str); 8] = [
    (
        "prov_api_server_away",
        "1 while this daemon cannot reach the cluster",
    ),
    (
        "prov_jobs",
        "Jobs by class and state; of those that wait, the ones that are due",
    ),
    (
        "prov_oldest_job_seconds",
        "Age of the oldest of them: since it was due, or since its attempt began",
    ),
    (
        "prov_oldest_transaction_seconds",
        "Age of the oldest open transaction",
    ),
    (
        "prov_dead_tuples",
        "Dead rows of the table of jobs that were not vacuumed yet",
    ),
    (
        "prov_notify_queue_usage",
        "Share of PostgreSQL's queue of notifications that is full, 0 to 1",
    ),
    (
        "prov_overdue_instances",
        "Instances whose status should have ended by now",
    ),
    (
        "prov_attention_instances",
        "Instances that were repaired in vain and ask for a person",
    ),
];

/// Installs the recorder of this process.
///
/// # Errors
/// There is one already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    for (name, help) in DURATIONS {
        metrics::describe_histogram!(name, Unit::Seconds, help);
    }
    for (name, help) in COUNTERS {
        metrics::describe_counter!(name, help);
        metrics::counter!(name).absolute(0);
    }
    for (name, help) in LABELLED_COUNTERS {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in GAUGES {
        metrics::describe_gauge!(name, help);
    }
    Ok(handle)
}

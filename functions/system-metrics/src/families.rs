//! The figures by name. Every series is there also when it is zero, so that an alert can tell zero from unknown.

use domain::InstanceStatus;
use prometheus::core::Collector;
use prometheus::{Gauge, GaugeVec, Opts, Registry, TextEncoder};
use store::platform::Figures;

/// Classes of jobs, by their number.
const CLASSES: [&str; 3] = ["interactive", "bulk", "checks"];
/// States of jobs in the queue; of those that wait only what is due counts.
const STATES: [&str; 3] = ["queued", "running", "dead"];

/// All families as text. The registry is made for one request: nothing of it is kept.
pub(crate) fn text(figures: &Figures) -> prometheus::Result<String> {
    let all = Registry::new();
    jobs(&all, figures)?;
    instances(&all, figures)?;
    webhooks(&all, figures)?;
    TextEncoder::new().encode_to_string(&all.gather())
}

fn jobs(all: &Registry, figures: &Figures) -> prometheus::Result<()> {
    let depth = vector(
        "mindroom_jobs",
        "Jobs by class and state; of those that wait, the ones that are due",
        &["class", "state"],
    )?;
    let oldest = vector(
        "mindroom_oldest_job_seconds",
        "Age of the oldest of them: since it was due, or since its last attempt began",
        &["class", "state"],
    )?;
    for class in CLASSES {
        for state in STATES {
            depth.with_label_values(&[class, state]);
            oldest.with_label_values(&[class, state]);
        }
    }
    for row in &figures.jobs {
        let Some(class) = CLASSES.get(row.class) else {
            continue;
        };
        let labels = [class, row.state.as_str()];
        depth.with_label_values(&labels).set(number(row.jobs));
        oldest.with_label_values(&labels).set(row.oldest_s);
    }
    keep(all, depth)?;
    keep(all, oldest)
}

fn instances(all: &Registry, figures: &Figures) -> prometheus::Result<()> {
    let by_status = vector("mindroom_instances", "Instances by status", &["status"])?;
    for status in InstanceStatus::ALL {
        let count = figures.instances.get(status.word()).copied();
        by_status
            .with_label_values(&[status.word()])
            .set(number(count.unwrap_or(0)));
    }
    keep(all, by_status)?;
    for (name, help, value) in [
        (
            "mindroom_overdue_instances",
            "Instances whose status should have ended by now",
            figures.overdue_instances,
        ),
        (
            "mindroom_attention_instances",
            "Instances that were repaired in vain and ask for a person",
            figures.attention_instances,
        ),
        (
            "mindroom_drifted_instances",
            "Instances that are settled in another status than was wished",
            figures.drifted_instances,
        ),
        (
            "mindroom_instances_missing_checks",
            "Instances that should run and did not answer the last check from outside",
            figures.missed_checks.instances,
        ),
        (
            "mindroom_most_missed_checks",
            "Most checks in a row that one of them did not answer",
            figures.missed_checks.most,
        ),
    ] {
        single(all, name, help, number(value))?;
    }
    Ok(())
}

fn webhooks(all: &Registry, figures: &Figures) -> prometheus::Result<()> {
    let events = vector(
        "mindroom_webhook_events",
        "Stripe's events that were not acted on: waiting, or parked because nobody knows their customer",
        &["state"],
    )?;
    let seen = &figures.webhook_events;
    events
        .with_label_values(&["waiting"])
        .set(number(seen.waiting));
    events
        .with_label_values(&["parked"])
        .set(number(seen.parked));
    keep(all, events)?;
    single(
        all,
        "mindroom_oldest_webhook_event_seconds",
        "Since the oldest event that waits was received",
        seen.oldest_s,
    )
}

fn vector(name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
    GaugeVec::new(Opts::new(name, help), labels)
}

fn single(all: &Registry, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
    let gauge = Gauge::new(name, help)?;
    gauge.set(value);
    keep(all, gauge)
}

fn keep(all: &Registry, family: impl Collector + 'static) -> prometheus::Result<()> {
    all.register(Box::new(family))
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_told_and_every_family_explains_itself() {
        let figures = serde_json::json!({
            "jobs": [{"class": 1, "state": "dead", "jobs": 2, "oldest_s": 1.5},
                {"class": 9, "state": "queued", "jobs": 7, "oldest_s": 1}],
            "instances": {"running": 3}, "overdue_instances": 4, "drifted_instances": 5, "attention_instances": 12,
            "missed_checks": {"instances": 6, "most": 8},
            "webhook_events": {"waiting": 9, "parked": 10, "oldest_s": 11.5},
        });
        let text = text(&serde_json::from_value(figures).unwrap()).unwrap();
        for line in [
            r#"mindroom_jobs{class="bulk",state="dead"} 2"#,
            r#"mindroom_jobs{class="checks",state="queued"} 0"#,
            r#"mindroom_oldest_job_seconds{class="bulk",state="dead"} 1.5"#,
            r#"mindroom_instances{status="running"} 3"#,
            r#"mindroom_instances{status="error"} 0"#,
            "mindroom_overdue_instances 4",
            "mindroom_drifted_instances 5",
            "mindroom_attention_instances 12",
            "mindroom_instances_missing_checks 6",
            "mindroom_most_missed_checks 8",
            r#"mindroom_webhook_events{state="parked"} 10"#,
            "mindroom_oldest_webhook_event_seconds 11.5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        let families = text.lines().filter(|line| line.starts_with("# TYPE"));
        let helps = text.lines().filter(|line| line.starts_with("# HELP"));
        assert_eq!(families.count(), helps.count());
    }
}

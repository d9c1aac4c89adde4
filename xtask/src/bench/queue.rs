//! The queue by itself: throughput, time to start, log, and what a snapshot that stays open does to it. The load is
//! `provisioner-daemon/benches/load`.

use anyhow::Result;

use super::Effort;
use super::program::{Samples, daemon_load};
use super::table::{Aim, Table};

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    let mut samples = daemon_load("queue", effort, &[])?;
    let mut take = |name: &str| samples.remove(name).unwrap_or_default();
    table.add(
        "Queue: no-op jobs in batches of 20",
        "jobs/s",
        Aim::AtLeast(4000.0),
        take("batches"),
    );
    table.add(
        "Queue: no-op jobs one by one",
        "jobs/s",
        Aim::AtLeast(1000.0),
        take("singles"),
    );
    table.add(
        "Queue: write-ahead log of a job, from its enqueueing to its end",
        "bytes",
        Aim::AtMost(2048.0),
        take("log"),
    );
    table.add(
        format!(
            "Queue: most jobs waiting at 200/s while a snapshot is open for {} s",
            effort.snapshot_seconds
        ),
        "jobs",
        Aim::AtMost(200.0), // those of one second
        take("snapshot"),
    );
    starts(samples, table);
    Ok(())
}

/// Of every rate that was tried.
fn starts(samples: Samples, table: &mut Table) {
    for (name, values) in samples {
        let Some((percentile, rate)) = name
            .strip_prefix("start ")
            .and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        let aim = if percentile == "p50" { 5.0 } else { 25.0 };
        table.add(
            format!("Queue: enqueue to start at {rate}/s, {percentile}"),
            "ms",
            Aim::AtMost(aim),
            values,
        );
    }
}

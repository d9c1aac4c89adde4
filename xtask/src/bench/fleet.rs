//! Many instances as objects of a real control plane. The load is `provisioner-daemon/benches/load/fleet.rs`.

use anyhow::Result;

use super::Effort;
use super::cluster::on_cluster;
use super::table::{Aim, Table};

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    let many = effort.fleet;
    let effort = Effort {
        instances: many,
        ..effort
    };
    let mut samples = on_cluster("fleet", effort)?;
    let mut add = |name: String, unit, aim, of: &str| {
        let samples = samples.remove(of).unwrap_or_default();
        table.add(format!("Fleet: {name}"), unit, aim, samples);
    };
    let made = many / 5;
    add(
        format!("{made} instances at a time"),
        "instances/s",
        Aim::None,
        "rate",
    );
    add(
        "writes that the API server did not answer well".to_owned(),
        "writes",
        Aim::AtMost(0.0),
        "api errors",
    );
    add(
        "jobs that met an error".to_owned(),
        "jobs",
        Aim::AtMost(0.0),
        "failed jobs",
    );
    add(
        format!("order to last object beside {made} that wait for pods, p50"),
        "ms",
        Aim::None,
        "beside p50",
    );
    add(
        format!("order to last object beside {made} that wait for pods, p99 of 100"),
        "ms",
        Aim::AtMost(1000.0),
        "beside p99",
    );
    add(
        format!("a daemon's start until it has looked at one of {many}"),
        "s",
        Aim::AtMost(5.0),
        "ready",
    );
    add(
        format!("a full pass through {many}"),
        "s",
        Aim::AtMost(2.0),
        "pass",
    );
    add(
        format!("memory of a daemon of {many}"),
        "MB",
        Aim::AtMost(200.0),
        "memory",
    );
    add(
        format!("memory of a daemon of {many}, at most"),
        "MB",
        Aim::AtMost(200.0),
        "most memory",
    );
    Ok(())
}

//! Instances as objects of a real control plane, by the daemon and by Helm. The load is
//! `provisioner-daemon/benches/load/cluster.rs`.

use anyhow::Result;

use super::Effort;
use super::program::{Samples, daemon_load};
use super::table::{Aim, Table, median};
use crate::cluster::{self, HELM};

/// How much better than Helm it is to be.
const BETTER: f64 = 3.0;

pub(super) fn measure(effort: Effort, table: &mut Table) -> Result<()> {
    tell(on_cluster("cluster", effort)?, effort, table);
    Ok(())
}

/// Runs a part of the load on a control plane of its own.
pub(super) fn on_cluster(part: &str, effort: Effort) -> Result<Samples> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("cluster");
    let kubeconfig = cluster::up(&folder, false)?;
    let environment = [("KUBECONFIG", kubeconfig), ("HELM", HELM.program()?)];
    let measured = daemon_load(part, effort, &environment);
    cluster::down(&folder)?;
    measured
}

fn tell(mut samples: Samples, effort: Effort, table: &mut Table) {
    let mut take = |name: &str| samples.remove(name).unwrap_or_default();
    let (helm_rate, helm_processor) = (take("helm rate"), take("helm processor"));
    let (least, most) = (
        BETTER * median(&helm_rate),
        median(&helm_processor) / BETTER,
    );
    let many = effort.instances;
    table.add(
        "Cluster: helm upgrade --install, four at a time",
        "instances/s",
        Aim::None,
        helm_rate,
    );
    table.add(
        format!("Cluster: {many} instances at a time"),
        "instances/s",
        Aim::AtLeast(least),
        take("rate"),
    );
    table.add(
        "Cluster: processor time of one by Helm",
        "s",
        Aim::None,
        helm_processor,
    );
    table.add(
        "Cluster: processor time of one by the daemon",
        "s",
        Aim::AtMost(most),
        take("processor"),
    );
    table.add(
        format!("Cluster: jobs of {many} that met an error"),
        "jobs",
        Aim::AtMost(0.0),
        take("errors"),
    );
    table.add(
        "Cluster: order to last object, p50",
        "ms",
        Aim::AtMost(150.0),
        take("one p50"),
    );
    table.add(
        "Cluster: order to last object, longest of 20",
        "ms",
        Aim::None,
        take("one most"),
    );
    table.add(
        format!("Cluster: the same beside {many} that wait for pods, p50"),
        "ms",
        Aim::None,
        take("beside p50"),
    );
    table.add(
        format!("Cluster: the same beside {many} that wait for pods, longest of 20"),
        "ms",
        Aim::AtMost(1000.0),
        take("beside most"),
    );
    table.add(
        "Cluster: a look that finds nothing to do, p50",
        "ms",
        Aim::AtMost(10.0),
        take("unchanged p50"),
    );
}

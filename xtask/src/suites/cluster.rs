//! Instances as Kubernetes objects: the chart by its renders, then what a real control plane makes of them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{all, in_crowds, programs};
use crate::cluster;

/// Of the daemon's tests, what these suites run and `native` leaves out.
pub(super) const MODULE: &str = "kubernetes::";

/// The chart's contract.
pub(super) fn charts() -> Result<()> {
    tests("kubernetes::charts::", None)
}

/// A cluster for the suite alone, removed whatever happens.
pub(super) fn run() -> Result<()> {
    let cluster = Cluster {
        folder: std::env::temp_dir().join(format!("mindroom-cluster-{}", std::process::id())),
    };
    let kubeconfig = cluster::up(&cluster.folder, false)?;
    tests("kubernetes::cluster::", Some(&kubeconfig))?;
    cluster::down(&cluster.folder)
}

struct Cluster {
    folder: PathBuf,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = cluster::down(&self.folder) {
            eprintln!("{error:#}");
        }
    }
}

/// One module of the daemon's tests.
fn tests(module: &str, kubeconfig: Option<&Path>) -> Result<()> {
    let helm = cluster::HELM.program()?;
    let mut programs = programs::of_packages(&["provisioner-daemon"])?;
    programs.retain(|program| program.name == "it");
    all(&programs, |command| {
        in_crowds(command)
            .arg(module)
            .env("HELM", &helm)
            .envs(kubeconfig.map(|path| ("KUBECONFIG", path)));
    })
}

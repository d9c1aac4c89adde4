//! Instances as Kubernetes objects: the chart by its renders, then what a real control plane makes of them.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::platform::{Platform, Settings};
use super::{all, in_chromium, in_crowds, on_platform, tests_of_the_daemon, visibly};
use crate::{build, cluster, workspace};

/// Of the daemon's tests, what these suites run and `native` leaves out.
pub(super) const MODULE: &str = "kubernetes::";

/// The chart's contract.
pub(super) fn charts() -> Result<()> {
    tests("kubernetes::charts::", None)
}

/// The driver and the chart in a control plane.
pub(super) fn run() -> Result<()> {
    let cluster = Cluster::new();
    let kubeconfig = cluster::up(&cluster.folder, false)?;
    tests("kubernetes::cluster::", Some(&kubeconfig))?;
    cluster::down(&cluster.folder)
}

/// Instances on a real node, by the platform as a person would start it.
pub(super) fn node() -> Result<()> {
    if let Some(obstacle) = cluster::node::obstacle() {
        ensure!(!workspace::is_whole_required(), "{obstacle}");
        println!("node is skipped: {obstacle}");
        return Ok(());
    }
    build::run()?;
    let cluster = Cluster::new();
    let administrator = cluster::up(&cluster.folder, true)?;
    let instances = cluster::images(&cluster.folder)?;
    let platform = Platform::start(Settings {
        variables: vec![
            ("KUBECONFIG", instances.kubeconfig.display().to_string()),
            ("SERVICE_ACCOUNT", cluster::SERVICE_ACCOUNT.to_owned()),
            ("INSTANCE_VALUES", instances.values.display().to_string()),
        ],
        arguments: vec![
            "--driver=kubernetes".to_owned(),
            format!("--address-for-pods={}", instances.address),
        ],
        ..Settings::default()
    })?;
    let mut tests = on_platform(&platform, "node")?;
    tests.arg("--nocapture").env("KUBECONFIG", administrator);
    visibly("node", &mut tests)?;
    let mut chat = on_platform(&platform, "system")?;
    visibly("node, chat", chat.args(["chat::", "--nocapture"]))?;
    in_chromium("node-browser", &platform, |command| {
        let output = workspace::target().join("node-browser");
        command
            .args(["exec", "--", "playwright", "test", "flows/customer"])
            .arg(format!("--output={}", output.display()))
            .env("DASHBOARD", "closed")
    })?;
    platform.stop()?;
    cluster::down(&cluster.folder)
}

/// For a suite alone, removed whatever happens.
struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    fn new() -> Self {
        let name = format!("mindroom-cluster-{}", std::process::id());
        Self {
            folder: std::env::temp_dir().join(name),
        }
    }
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
    all(&tests_of_the_daemon()?, |command| {
        in_crowds(command)
            .arg(module)
            .env("HELM", &helm)
            .envs(kubeconfig.map(|path| ("KUBECONFIG", path)));
    })
}

//! The programs of the node: what each is started with.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::network::Network;
use super::{NAME, settings};
use crate::cluster::{STOP_LIMIT, credentials, programs};
use crate::up::part::{Part, Ready};
use crate::up::state::State;

/// The node's namespaces, by their first process.
pub(super) const MACHINE: &str = "node";
const CONTAINERD: &str = "containerd";

/// All of them.
pub(in crate::cluster) const NAMES: &[&str] = &[
    MACHINE,
    CONTAINERD,
    "coredns",
    "kube-proxy",
    "kube-router",
    "kubelet",
    "storage",
];

const INIT: &str = include_str!("init.sh");
/// A busy machine takes several times the usual seconds.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A network, mounts and processes of its own. When this ends, all of that is gone, whatever a program made of it.
pub(super) fn machine(state: &State, network: Network) -> Result<Part> {
    let folder = state.dir("node")?.display().to_string();
    let arguments = [
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
    ]
    .into_iter()
    .chain(["sh", "-c", INIT, MACHINE])
    .map(str::to_owned)
    .chain([folder, network.name()]);
    Ok(part(
        MACHINE,
        "unshare",
        arguments.collect(),
        Ready::Line,
        state,
    ))
}

/// What runs on the machine, in the order in which it starts.
pub(super) struct Inside<'a> {
    pub(super) state: &'a State,
    pub(super) network: Network,
    /// The process that holds the namespaces.
    pub(super) machine: i32,
}

impl Inside<'_> {
    /// What runs pods.
    pub(super) fn runtime(&self) -> Result<Part> {
        let shims = programs::SHIM.program()?;
        let shims = shims.parent().context("a program has no folder")?;
        let mut path = vec![shims.to_owned()];
        path.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        let path = std::env::join_paths(path)?
            .into_string()
            .ok()
            .context("PATH is no text")?;
        let config = self.settings(settings::CONTAINERD);
        let program = programs::CONTAINERD.program()?;
        let ready = self.answers(settings::CONTAINERD_PORT, "/v1/metrics")?;
        let mut part = self.part(CONTAINERD, &program, &["--config", &config], ready);
        part.environment.push(("PATH".to_owned(), path));
        Ok(part)
    }

    /// What makes a node of it.
    pub(super) fn kubernetes(&self) -> Result<Vec<Part>> {
        let program = programs::CONTROL_PLANE.program()?;
        let kubeconfig = |user| format!("--kubeconfig={}", self.state.path().join(user).display());
        let names = ["coredns", "-conf", &self.settings(settings::NAMES)];
        let proxy = [
            "kube-proxy",
            &format!("--config={}", self.settings(settings::PROXY)),
        ];
        let kubelet = [
            "kubelet",
            &kubeconfig(credentials::KUBELET),
            &format!("--config={}", self.settings(settings::KUBELET)),
            &format!("--root-dir={}", self.settings("kubelet")),
            &format!("--hostname-override={NAME}"),
            &format!("--node-ip={}", self.network.node()),
        ];
        let volumes = format!("--path={}", self.settings("volumes"));
        let storage = ["storage", &kubeconfig(credentials::STORAGE), &volumes];
        let answers = |port, path| self.answers(port, path);
        Ok(vec![
            self.part(
                "coredns",
                &program,
                &names,
                answers(settings::NAMES_HEALTH, "/ready")?,
            ),
            self.part(
                "kubelet",
                &program,
                &kubelet,
                answers(settings::KUBELET_HEALTH, "/healthz")?,
            ),
            // which says so once it knows of the node
            self.part(
                "kube-proxy",
                &program,
                &proxy,
                answers(settings::PROXY_HEALTH, "/healthz")?,
            ),
            self.part("storage", &program, &storage, Ready::Line),
        ])
    }

    /// What enforces network policies: it looks for the node when it starts.
    pub(super) fn policies(&self) -> Result<Part> {
        let kubeconfig = self.state.path().join(credentials::POLICIES);
        let arguments = [
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
            &format!("--kubeconfig={}", kubeconfig.display()),
            &format!("--hostname-override={NAME}"),
            &format!("--service-cluster-ip-range={}", self.network.services()),
            &format!("--health-port={}", settings::POLICIES_HEALTH),
        ];
        let program = programs::POLICIES.program()?;
        let ready = self.answers(settings::POLICIES_HEALTH, "/healthz")?;
        Ok(self.part("kube-router", &program, &arguments, ready))
    }

    /// Leads to the machine's namespaces.
    pub(super) fn enter(&self) -> Vec<String> {
        let machine = self.machine;
        let processes = format!("--pid=/proc/{machine}/ns/pid_for_children");
        let enter = [
            "--target",
            &machine.to_string(),
            "--net",
            "--mount",
            &processes,
            "--",
        ];
        enter.map(str::to_owned).to_vec()
    }

    fn part(&self, name: &'static str, program: &Path, arguments: &[&str], ready: Ready) -> Part {
        let mut all = self.enter();
        all.push(program.display().to_string());
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        part(name, "nsenter", all, ready, self.state)
    }

    fn settings(&self, name: &str) -> String {
        self.state
            .path()
            .join("node")
            .join(name)
            .display()
            .to_string()
    }

    fn answers(&self, port: u16, path: &str) -> Result<Ready> {
        let url = format!("http://{}:{port}{path}", self.network.node());
        Ok(Ready::Answers(
            url.parse().context("make a part's address")?,
        ))
    }
}

fn part(
    name: &'static str,
    program: &str,
    arguments: Vec<String>,
    ready: Ready,
    state: &State,
) -> Part {
    Part {
        name,
        program: program.into(),
        arguments,
        environment: Vec::new(),
        run_as: None,
        folder: Some(state.path().to_path_buf()),
        ready,
        start_limit: START_LIMIT,
        stop_signal: Signal::SIGKILL,
        stop_limit: STOP_LIMIT,
        after_stop: None,
    }
}

//! The parts of the control plane: what each is started with.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::credentials;
use super::node::Network;
use crate::up::part::{Part, Ready};
use crate::up::ports::Ports;
use crate::up::state::State;

const ETCD: &str = "etcd";
const API_SERVER: &str = "kube-apiserver";
const CONTROLLER_MANAGER: &str = "kube-controller-manager";
const SCHEDULER: &str = "kube-scheduler";

/// All parts in the order in which they start.
pub(super) const NAMES: &[&str] = &[ETCD, API_SERVER, CONTROLLER_MANAGER, SCHEDULER];

const ETCD_PEERS: &str = "etcd-peers";

/// What ports are kept for.
pub(super) const PORTS: &[&str] = &[ETCD, ETCD_PEERS, API_SERVER, CONTROLLER_MANAGER, SCHEDULER];

/// Addresses of Services; nothing answers there without a node.
const SERVICES: &str = "10.96.0.0/16";

/// A busy machine takes several times the usual three seconds.
const START_LIMIT: Duration = Duration::from_secs(90);

/// Where the API server is: on the link to the node, where there is one.
pub(super) fn api_server(ports: &Ports, network: Option<Network>) -> Result<String> {
    Ok(format!(
        "https://{}:{}",
        address(network),
        ports.of(API_SERVER)?
    ))
}

fn address(network: Option<Network>) -> Ipv4Addr {
    network.map_or(Ipv4Addr::LOCALHOST, Network::host)
}

/// What starts together, in order.
pub(super) fn stages(
    state: &State,
    ports: &Ports,
    program: &Path,
    network: Option<Network>,
) -> Result<Vec<Vec<Part>>> {
    let plan = Plan {
        state,
        ports,
        program,
        network,
    };
    Ok(vec![
        vec![plan.etcd()?],
        vec![plan.api_server()?],
        vec![plan.controller_manager()?, plan.scheduler()?],
    ])
}

struct Plan<'a> {
    state: &'a State,
    ports: &'a Ports,
    program: &'a Path,
    network: Option<Network>,
}

impl Plan<'_> {
    fn etcd(&self) -> Result<Part> {
        let clients = format!("http://127.0.0.1:{}", self.ports.of(ETCD)?);
        let peers = format!("http://127.0.0.1:{}", self.ports.of(ETCD_PEERS)?);
        let arguments = vec![
            format!("--data-dir={}", self.folder("etcd")?),
            format!("--listen-client-urls={clients}"),
            format!("--advertise-client-urls={clients}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            // what a test wrote need not outlive the machine's power
            "--unsafe-no-fsync".to_owned(),
            // etcd's greatest: thousands of instances leave many versions of their objects behind
            "--quota-backend-bytes=8589934592".to_owned(),
            "--log-level=warn".to_owned(),
        ];
        self.part(ETCD, "http", "/readyz", arguments)
    }

    fn api_server(&self) -> Result<Part> {
        let key = self.file(credentials::SERVICE_ACCOUNT_KEY);
        let services = self
            .network
            .map_or_else(|| SERVICES.to_owned(), Network::services);
        let arguments = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports.of(ETCD)?),
            format!("--bind-address={}", address(self.network)),
            format!("--secure-port={}", self.ports.of(API_SERVER)?),
            format!("--cert-dir={}", self.folder("certificates")?),
            format!(
                "--service-account-key-file={}",
                self.file(credentials::SERVICE_ACCOUNT_PUBLIC_KEY)
            ),
            format!("--service-account-signing-key-file={key}"),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            format!("--token-auth-file={}", self.file(credentials::TOKENS)),
            "--authorization-mode=Node,RBAC".to_owned(),
            format!("--service-cluster-ip-range={services}"),
            format!(
                "--audit-policy-file={}",
                self.file(credentials::AUDIT_POLICY)
            ),
            format!("--audit-log-path={}/audit.log", self.folder("audit")?),
            // nobody but the cluster knows its nodes' names
            "--kubelet-preferred-address-types=InternalIP".to_owned(),
        ];
        self.part(API_SERVER, "https", "/readyz", arguments)
    }

    fn controller_manager(&self) -> Result<Part> {
        let arguments = vec![
            format!("--kubeconfig={}", self.file(CONTROLLER_MANAGER)),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.ports.of(CONTROLLER_MANAGER)?),
            format!(
                "--service-account-private-key-file={}",
                self.file(credentials::SERVICE_ACCOUNT_KEY)
            ),
            format!("--root-ca-file={}", self.file(credentials::AUTHORITY)),
            "--use-service-account-credentials".to_owned(),
            "--leader-elect=false".to_owned(),
        ];
        self.part(CONTROLLER_MANAGER, "https", "/healthz", arguments)
    }

    fn scheduler(&self) -> Result<Part> {
        let arguments = vec![
            format!("--kubeconfig={}", self.file(SCHEDULER)),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--secure-port={}", self.ports.of(SCHEDULER)?),
            "--leader-elect=false".to_owned(),
        ];
        self.part(SCHEDULER, "https", "/healthz", arguments)
    }

    fn part(
        &self,
        name: &'static str,
        scheme: &str,
        health: &str,
        mut arguments: Vec<String>,
    ) -> Result<Part> {
        arguments.insert(0, name.to_owned());
        let host = match name {
            API_SERVER => address(self.network),
            _ => Ipv4Addr::LOCALHOST,
        };
        let url = format!("{scheme}://{host}:{}{health}", self.ports.of(name)?);
        Ok(Part {
            name,
            program: self.program.to_path_buf(),
            arguments,
            environment: Vec::new(),
            run_as: None,
            folder: Some(self.state.path().to_path_buf()),
            ready: Ready::Answers(url.parse().context("make a part's address")?),
            start_limit: START_LIMIT,
            stop_signal: Signal::SIGTERM,
            stop_limit: super::STOP_LIMIT,
            after_stop: None,
        })
    }

    fn folder(&self, name: &str) -> Result<String> {
        Ok(self.state.dir(name)?.display().to_string())
    }

    fn file(&self, name: &str) -> String {
        self.state.path().join(name).display().to_string()
    }
}

//! What the node's programs read when they start.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use super::network::Network;
use super::{NAME, image};
use crate::cluster::{credentials, programs};
use crate::up::state::{State, make_dir};

/// The program's settings by file, below the node's folder.
pub(super) const CONTAINERD: &str = "containerd.toml";
pub(super) const KUBELET: &str = "kubelet.json";
pub(super) const PROXY: &str = "kube-proxy.json";
pub(super) const NAMES: &str = "Corefile";
const PLUGINS: &str = "plugins";

/// The end of all names inside of the cluster.
const DOMAIN: &str = "cluster.local";

/// Ports in the node's own network, which nothing else is in.
pub(super) const CONTAINERD_PORT: u16 = 1338;
pub(super) const KUBELET_HEALTH: u16 = 10248;
pub(super) const PROXY_HEALTH: u16 = 10256;
const PROXY_METRICS: u16 = 10249;
pub(super) const NAMES_HEALTH: u16 = 8181;
pub(super) const POLICIES_HEALTH: u16 = 20244;

/// Writes all of it.
pub(super) fn write(state: &State, network: Network) -> Result<()> {
    let folder = state.dir("node")?;
    let write = |name: &str, text: &str| state.write(&format!("node/{name}"), text);
    make_dir(&folder.join(PLUGINS), 0o700)?;
    write(CONTAINERD, &containerd(&folder, network)?)?;
    let plugins = serde_json::to_string_pretty(&plugins(&folder, network))?;
    write(&format!("{PLUGINS}/pods.conflist"), &plugins)?;
    write(KUBELET, &serde_json::to_string_pretty(&kubelet(network))?)?;
    let proxy = proxy(&state.path().join(credentials::PROXY), network);
    write(PROXY, &serde_json::to_string_pretty(&proxy)?)?;
    write(
        NAMES,
        &names(&state.path().join(credentials::NAMES), network),
    )
}

fn containerd(folder: &Path, network: Network) -> Result<String> {
    let plugin_folders: Result<Vec<PathBuf>> = programs::NETWORK_PLUGINS
        .iter()
        .map(|tool| {
            Ok(tool
                .program()?
                .parent()
                .context("a program has no folder")?
                .to_owned())
        })
        .collect();
    let settings = json!({
        "version": 3,
        "root": folder.join("containerd"),
        "metrics": {"address": format!("{}:{CONTAINERD_PORT}", network.node())},
        "plugins": {
            "io.containerd.cri.v1.runtime": {
                // a machine may not let even root protect a process more than it is itself
                "restrict_oom_score_adj": true,
                "cni": {"bin_dirs": plugin_folders?, "conf_dir": folder.join(PLUGINS)},
                "containerd": {
                    "default_runtime_name": "runc",
                    "runtimes": {"runc": {
                        "runtime_type": "io.containerd.runc.v2",
                        "options": {"BinaryName": programs::RUNC.program()?},
                    }},
                },
            },
            "io.containerd.cri.v1.images": {
                "snapshotter": image::SNAPSHOTTER,
                "pinned_images": {"sandbox": image::PAUSE},
            },
        },
    });
    toml::to_string(&settings).context("write containerd's settings")
}

/// Pods on one bridge. Nothing rewrites their addresses: this machine has a route to them.
fn plugins(folder: &Path, network: Network) -> serde_json::Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [{
            "type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true,
            "ipam": {
                "type": "host-local",
                "dataDir": folder.join("addresses"),
                "ranges": [[{"subnet": network.pods()}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    })
}

fn kubelet(network: Network) -> serde_json::Value {
    // the machine's disk may be as full as it is
    let never = "0%";
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "address": network.node(),
        "healthzBindAddress": network.node(),
        "healthzPort": KUBELET_HEALTH,
        // reached from this machine alone
        "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{}", network.name()),
        "failCgroupV1": false,
        "failSwapOn": false,
        "oomScoreAdj": 0,
        "clusterDNS": [network.node()],
        "clusterDomain": DOMAIN,
        "resolvConf": "",
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": never, "nodefs.available": never, "nodefs.inodesFree": never,
            "imagefs.available": never, "imagefs.inodesFree": never,
        },
    })
}

fn proxy(kubeconfig: &Path, network: Network) -> serde_json::Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": kubeconfig},
        "mode": "nftables",
        "clusterCIDR": network.pods(),
        "hostnameOverride": NAME,
        "healthzBindAddress": format!("{}:{PROXY_HEALTH}", network.node()),
        "metricsBindAddress": format!("{}:{PROXY_METRICS}", network.node()),
        "oomScoreAdj": 0,
        // these are the whole machine's
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    })
}

/// Names of the cluster, and no others: pods have no way out.
fn names(kubeconfig: &Path, network: Network) -> String {
    let (node, kubeconfig) = (network.node(), kubeconfig.display());
    format!(
        ".:53 {{\n  bind {node}\n  errors\n  ready {node}:{NAMES_HEALTH}\n  \
         kubernetes {DOMAIN} {{\n    kubeconfig {kubeconfig}\n  }}\n}}\n"
    )
}

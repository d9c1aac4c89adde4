//! What is built for a cluster, and in which versions.

use anyhow::Result;

use crate::go_tools::{GoTool, Source};
use crate::{apt, tools};

/// etcd, Kubernetes, CoreDNS and the tests' storage in one program.
pub(super) const CONTROL_PLANE: GoTool = GoTool {
    name: "control-plane",
    source: Source::Own(
        "xtask/cluster",
        // Kubernetes' own build sets its version so; without it, it says 0.0.0 and Helm refuses charts
        "-X k8s.io/component-base/version.gitVersion=v1.36.3 \
         -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36",
    ),
};

/// What renders the charts.
pub(crate) const HELM: GoTool = GoTool {
    name: "helm",
    source: Source::Published("helm.sh/helm/v4/cmd/helm@v4.3.1"),
};

/// What says of fake nodes and their pods that they are ready.
pub(super) const KWOK: GoTool = GoTool {
    name: "kwok",
    source: Source::Published("sigs.k8s.io/kwok/cmd/kwok@v0.8.0"),
};

/// What a node's pods are run by.
pub(super) const CONTAINERD: GoTool = GoTool {
    name: "containerd",
    source: Source::Published("github.com/containerd/containerd/v2/cmd/containerd@v2.2.9"),
};

/// Holds one pod; containerd finds it by its name.
pub(super) const SHIM: GoTool = GoTool {
    name: "containerd-shim-runc-v2",
    source: Source::Published(
        "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2@v2.2.9",
    ),
};

/// containerd's own client, which takes images in.
pub(super) const CTR: GoTool = GoTool {
    name: "ctr",
    source: Source::Published("github.com/containerd/containerd/v2/cmd/ctr@v2.2.9"),
};

/// Starts containers. Debian's is too old for this containerd.
pub(super) const RUNC: GoTool = GoTool {
    name: "runc",
    source: Source::PublishedWithC("github.com/opencontainers/runc@v1.4.3", "seccomp"),
};

/// Give a pod its network.
pub(super) const NETWORK_PLUGINS: [GoTool; 3] = [
    GoTool {
        name: "bridge",
        source: Source::Published(
            "github.com/containernetworking/plugins/plugins/main/bridge@v1.9.1",
        ),
    },
    GoTool {
        name: "host-local",
        source: Source::Published(
            "github.com/containernetworking/plugins/plugins/ipam/host-local@v1.9.1",
        ),
    },
    GoTool {
        name: "loopback",
        source: Source::Published(
            "github.com/containernetworking/plugins/plugins/main/loopback@v1.9.1",
        ),
    },
];

/// Enforces network policies, as K3s does: its policy engine is this one's.
pub(super) const POLICIES: GoTool = GoTool {
    name: "kube-router",
    source: Source::Published("github.com/cloudnativelabs/kube-router/v2/cmd/kube-router@v2.1.0"),
};

/// What pods of our own run.
pub(super) const POD: GoTool = GoTool {
    name: "pod",
    source: Source::Own("xtask/pod", ""),
};

/// Debian's packages that building and running a node take: a file that says whether it is there, and its package.
const PACKAGES: &[(&str, &str)] = &[
    ("/usr/include/seccomp.h", "libseccomp-dev"),
    ("/usr/bin/pkg-config", "pkg-config"),
    ("/usr/sbin/nft", "nftables"),
    ("/usr/sbin/ip", "iproute2"),
    ("/usr/sbin/iptables", "iptables"),
    ("/usr/sbin/ipset", "ipset"),
];

/// Installs what a node needs of Debian, where something is missing.
pub(super) fn install_packages() -> Result<()> {
    let missing = PACKAGES
        .iter()
        .filter(|(file, _)| !std::path::Path::new(file).exists());
    let missing: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    anyhow::ensure!(
        apt::can_install() && tools::is_root(),
        "a node needs {} (Debian's names)",
        missing.join(", ")
    );
    apt::install(&missing)
}

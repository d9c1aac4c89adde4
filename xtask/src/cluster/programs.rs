//! What is built for a cluster, and in which versions.

use crate::go_tools::{GoTool, Source};

/// etcd and Kubernetes in one program.
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

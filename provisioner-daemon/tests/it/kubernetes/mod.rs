//! `charts/instance` and what the driver makes of it. `cargo xtask test charts` runs [`charts`], which needs `HELM`;
//! `cargo xtask test cluster` runs [`cluster`], which needs a cluster's `KUBECONFIG` as well.

mod charts;
mod cluster;
mod helm;

//! What the driver `kubernetes` is told on the command line.

use std::path::{Path, PathBuf};

use anyhow::Context;
use provisioner_daemon::drivers::kubernetes::ServiceAccount;
use serde_json::{Value, json};

/// Its settings. The cluster is the one of `KUBECONFIG`, else the one that this runs in.
#[derive(clap::Args)]
pub(crate) struct ClusterArguments {
    /// Kubernetes: the folder of the instances' chart.
    #[arg(long, env = "INSTANCE_CHART", default_value = "charts/instance")]
    pub(crate) instance_chart: PathBuf,
    /// Kubernetes: a YAML file with values for all instances: images, ingress, how the database is reached.
    #[arg(long, env = "INSTANCE_VALUES")]
    instance_values: Option<PathBuf>,
    /// Kubernetes: Helm's program.
    #[arg(long, env = "HELM", default_value = "helm")]
    helm: PathBuf,
    /// Kubernetes: who the daemon is there (`namespace/name`), to be let into instances' namespaces. Without it,
    /// somebody with rights everywhere.
    #[arg(long, env = "SERVICE_ACCOUNT")]
    pub(crate) service_account: Option<ServiceAccount>,
    /// Kubernetes: how an instance's homeserver is reached from here, by `{namespace}` or, where names of the cluster
    /// are unknown, its Service's `{address}`.
    #[arg(
        long,
        env = "SYNAPSE_URL",
        default_value = "http://synapse.{namespace}.svc:8008"
    )]
    pub(crate) synapse_url: String,
    /// Kubernetes: how its dashboard is, in the same words, where something here is to reach it.
    #[arg(long, env = "WEB_URL")]
    pub(crate) web_url: Option<String>,
}

impl ClusterArguments {
    /// The operator's values.
    pub(crate) fn values(&self) -> anyhow::Result<Value> {
        let Some(path) = &self.instance_values else {
            return Ok(json!({}));
        };
        let text = std::fs::read_to_string(path).context("INSTANCE_VALUES")?;
        serde_saphyr::from_str(&text).context("INSTANCE_VALUES is no YAML")
    }

    /// Helm with its whole path, since it is started without PATH.
    pub(crate) fn helm(&self) -> anyhow::Result<PathBuf> {
        if self.helm.components().count() > 1 {
            return Ok(self.helm.clone());
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(&self.helm))
            .find(|program: &PathBuf| Path::new(program).is_file());
        found.with_context(|| format!("{} is not in PATH", self.helm.display()))
    }
}

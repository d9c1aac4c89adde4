//! Command line and environment. A secret that is missing or empty stops the start with its name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use domain::StripePrices;
use provisioner_daemon::drivers::{kubernetes, local};
use store::daemon::instance_databases::Server;

use crate::cluster_cli::ClusterArguments;

/// Makes true what the database wishes.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeArguments,
}

/// Other things to do than serve.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Install Synapse and MindRoom, printing progress.
    InstallRuntimes {
        /// Where the state is kept.
        #[arg(long, env = "STATE_DIR")]
        state_dir: PathBuf,
    },
    /// End the processes of all instances. No daemon may run on the folder.
    StopInstances {
        /// Where the state is kept.
        #[arg(long, env = "STATE_DIR")]
        state_dir: PathBuf,
    },
}

/// What brings instances about.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum DriverName {
    /// Processes of this machine.
    Local,
    /// Objects of the cluster that `KUBECONFIG` names, or that this runs in.
    Kubernetes,
}

/// Settings of the daemon itself. Required ones are checked in [`Self::checked`], since clap would ask for
/// them with a subcommand too and would take an empty one.
#[derive(clap::Args)]
pub(crate) struct ServeArguments {
    /// Where the probes listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// What brings instances about.
    #[arg(long, default_value = "local")]
    driver: DriverName,
    /// The platform's database, as role `mindroom_daemon`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Where instances' databases are, as a role that may make databases and roles.
    #[arg(long, env = "INSTANCE_DATABASE_URL", hide_env_values = true)]
    instance_database_url: Option<String>,
    /// Where Stripe's API is.
    #[arg(long, env = "STRIPE_API_URL", default_value = "https://api.stripe.com")]
    stripe_api_url: String,
    /// Stripe's prices: `hobby_monthly=price_x,…`.
    #[arg(long, env = "STRIPE_PRICES")]
    stripe_prices: Option<String>,
    /// Where people reach the platform.
    #[arg(long, env = "PUBLIC_URL")]
    public_url: Option<String>,
    /// Holds the runtimes and the instances.
    #[arg(long, env = "STATE_DIR")]
    state_dir: Option<PathBuf>,
    /// An OpenAI-compatible model provider for instances.
    #[arg(long, env = "MODEL_URL")]
    model_url: Option<String>,
    /// The model that new instances ask that provider for.
    #[arg(
        long,
        env = "MODEL_ID",
        default_value = local::MODEL_ID,
        value_parser = NonEmptyStringValueParser::new()
    )]
    model_id: String,
    /// Seconds for which a deleted instance's data is kept.
    #[arg(long, env = "RETENTION", default_value_t = 0)]
    retention: u64,
    /// A control group (version 2) that was handed over to the daemon, below which instances get theirs. Root needs
    /// none.
    #[arg(long, env = "INSTANCE_CGROUP")]
    instance_cgroup: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArguments,
}

/// Where instances are brought about.
pub(crate) enum DriverSettings {
    /// On this machine.
    Local(local::Config),
    /// In a cluster.
    Kubernetes(kubernetes::Config),
}

impl DriverSettings {
    /// Where instances' databases are.
    pub(crate) fn databases(&self) -> &Server {
        match self {
            Self::Local(config) => &config.databases,
            Self::Kubernetes(config) => &config.databases,
        }
    }
}

/// Checked settings.
pub(crate) struct Serve {
    pub(crate) listen: SocketAddr,
    pub(crate) database_url: String,
    pub(crate) stripe_api_url: String,
    pub(crate) stripe_secret_key: stripe::SecretKey,
    pub(crate) stripe_prices: StripePrices,
    pub(crate) driver: DriverSettings,
}

impl ServeArguments {
    /// Everything that the daemon needs, or the name of what is missing.
    pub(crate) fn checked(self) -> anyhow::Result<Serve> {
        // By environment only: a command line is readable by all.
        let key = required(std::env::var("STRIPE_SECRET_KEY").ok(), "STRIPE_SECRET_KEY")?;
        let databases = required(self.instance_database_url, "INSTANCE_DATABASE_URL")?;
        let public_url = required(self.public_url, "PUBLIC_URL")?;
        let model = self
            .model_url
            .filter(|url| !url.is_empty())
            .map(|url| local::Model {
                url,
                key: std::env::var("MODEL_KEY").unwrap_or_default(),
                id: self.model_id,
            });
        let databases = Server::new(&databases).context("INSTANCE_DATABASE_URL")?;
        let public_url: url::Url = public_url.parse().context("PUBLIC_URL")?;
        let retention = Duration::from_secs(self.retention);
        let driver = match self.driver {
            DriverName::Local => {
                let state_dir = self.state_dir.filter(|dir| !dir.as_os_str().is_empty());
                let state_dir = state_dir.context("STATE_DIR is missing or empty")?;
                DriverSettings::Local(local::Config {
                    state_dir: std::path::absolute(state_dir)?,
                    public_url,
                    databases,
                    model,
                    retention,
                    is_mindroom_required: is_mindroom_required(),
                    cgroup: self
                        .instance_cgroup
                        .filter(|group| !group.as_os_str().is_empty()),
                })
            }
            DriverName::Kubernetes => DriverSettings::Kubernetes(kubernetes::Config {
                domain: public_url
                    .host_str()
                    .context("PUBLIC_URL has no host")?
                    .to_owned(),
                databases,
                helm: self.cluster.helm()?,
                values: self.cluster.values()?,
                chart: self.cluster.instance_chart,
                model,
                retention,
                service_account: self.cluster.service_account,
                synapse_url: self.cluster.synapse_url,
                web_url: self.cluster.web_url,
            }),
        };
        Ok(Serve {
            listen: self.listen,
            database_url: required(self.database_url, "DATABASE_URL")?,
            stripe_api_url: required(Some(self.stripe_api_url), "STRIPE_API_URL")?,
            stripe_secret_key: stripe::SecretKey::new(&key).context("STRIPE_SECRET_KEY")?,
            stripe_prices: required(self.stripe_prices, "STRIPE_PRICES")?
                .parse()
                .context("STRIPE_PRICES")?,
            driver,
        })
    }
}

/// Whether an instance without MindRoom is an error (in CI).
pub(crate) fn is_mindroom_required() -> bool {
    std::env::var("MINDROOM_REQUIRED").is_ok_and(|value| value == "1")
}

fn required(value: Option<String>, name: &str) -> anyhow::Result<String> {
    value
        .filter(|value| !value.trim().is_empty())
        .with_context(|| format!("{name} is missing or empty"))
}

//! PostgreSQL of one machine: a private server in the state folder, or the one that `DATABASE_URL` names.

mod binaries;
mod cluster;
mod named;
mod place;
mod roles;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use url::Url;

use super::part::{Part, Ready};
use super::ports::Ports;
use super::secrets::{Secret, Secrets};
use super::state::State;

pub(crate) use place::RunAs;
pub(crate) use roles::{AUTH, DAEMON, FUNCTIONS, GATEWAY, INSTANCES, MAINTENANCE_DATABASE, STRIPE};
pub(crate) use roles::{ROLES, Role, connect, prepare};

/// The platform's database.
pub(crate) const PLATFORM_DATABASE: &str = "mindroom";
/// The Stripe stand-in's database.
pub(crate) const STRIPE_DATABASE: &str = "stripe";
/// Connections: 64 for each of the busiest functions, the daemon's and each instance's few.
const MAX_CONNECTIONS: u16 = 400;

/// A server, ours or another's, with an owner's right on it.
pub(crate) struct Server {
    /// The owner's URL of the platform's database.
    owner: Url,
    /// What to run, when the server is ours.
    pub(crate) part: Option<Part>,
    /// One line for the person who started this.
    pub(crate) description: String,
}

impl Server {
    /// The one that `DATABASE_URL` names, if it does and the platform can be put on it.
    pub(crate) async fn named() -> Result<Option<Self>> {
        let named = std::env::var("DATABASE_URL").ok();
        let Some(url) = named.filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let owner = named::parse(&url)?;
        let description = named::examine(&owner).await?;
        Ok(Some(Self {
            owner,
            part: None,
            description,
        }))
    }

    /// A private one: finds or installs PostgreSQL and makes its data directory; starts nothing.
    /// Pods reach it at an address of their own, if that is another than everybody's.
    pub(crate) fn private(
        state: &State,
        ports: &Ports,
        secrets: &Secrets,
        address_for_pods: Ipv4Addr,
    ) -> Result<Self> {
        let place = place::Place::choose(state)?;
        let server = cluster::Cluster::open(&place, &secrets.postgres)?;
        let listen_port = ports.of("postgres")?;
        let mut owner = Url::parse(&format!(
            "postgres://postgres@127.0.0.1:{listen_port}/{PLATFORM_DATABASE}"
        ))?;
        set_password(&mut owner, &secrets.postgres)?;
        let maintenance = with_database(&owner, "postgres");
        let description = format!(
            "PostgreSQL {} ({})",
            server.version,
            server.binaries.display()
        );
        let part = Part {
            name: "postgres",
            program: server.binaries.join("postgres"),
            arguments: arguments(&place, listen_port, address_for_pods)?,
            environment: Vec::new(),
            run_as: place.run_as,
            folder: Some(place.data.clone()),
            ready: Ready::Postgres(maintenance),
            start_limit: std::time::Duration::from_mins(1),
            stop_signal: Signal::SIGINT, // "fast": ends sessions, writes a checkpoint
            stop_limit: std::time::Duration::from_secs(30),
            after_stop: None,
        };
        Ok(Self {
            owner,
            part: Some(part),
            description,
        })
    }

    /// The owner's URL of the platform's database.
    pub(crate) fn owner_url(&self) -> &Url {
        &self.owner
    }

    /// The owner's URL of another database on the server.
    pub(crate) fn owner_url_of(&self, database: &str) -> Url {
        with_database(&self.owner, database)
    }

    /// Name of the platform's database: ours, or the one that `DATABASE_URL` names.
    pub(crate) fn platform_database(&self) -> &str {
        self.owner.path().trim_start_matches('/')
    }

    /// A role's URL of a database.
    pub(crate) fn role_url(&self, role: &Role, database: &str, secrets: &Secrets) -> Result<Url> {
        let mut url = with_database(&self.owner, database);
        url.set_username(role.name)
            .map_err(|()| anyhow::anyhow!("the database's URL takes no user"))?;
        set_password(&mut url, secrets.role(role.name)?)?;
        Ok(url)
    }

    /// The server as an entry of `allowed_outbound_hosts`.
    pub(crate) fn outbound_host(&self) -> String {
        let host = self.owner.host_str().unwrap_or("127.0.0.1");
        format!("postgres://{host}:{}", self.owner.port().unwrap_or(5432))
    }
}

fn arguments(place: &place::Place, port: u16, for_pods: Ipv4Addr) -> Result<Vec<String>> {
    let mut settings = vec![
        format!("port={port}"),
        format!("max_connections={MAX_CONNECTIONS}"),
        "unix_socket_directories=".to_owned(),
        "shared_buffers=128MB".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "logging_collector=off".to_owned(), // the log goes where every part's goes
    ];
    if for_pods.is_loopback() {
        settings.push("listen_addresses=127.0.0.1".to_owned());
    } else {
        settings.push(format!("listen_addresses=127.0.0.1,{for_pods}"));
        settings.push(format!("hba_file={}", rules_for_pods(place)?.display()));
    }
    let data = vec!["-D".to_owned(), place.data.to_string_lossy().into_owned()];
    let options = settings
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting]);
    Ok(data.into_iter().chain(options).collect())
}

/// Who may connect: everybody who reaches an address on which it listens, by password. Pods' addresses are their
/// cluster's to choose.
fn rules_for_pods(place: &place::Place) -> Result<PathBuf> {
    let rules = place.base.join("hosts.conf");
    std::fs::write(&rules, "host all all all scram-sha-256\n")
        .context("write PostgreSQL's rules")?;
    place.give(&rules)?;
    Ok(rules)
}

fn set_password(url: &mut Url, password: &Secret) -> Result<()> {
    url.set_password(Some(password.expose()))
        .map_err(|()| anyhow::anyhow!("the database's URL takes no password"))
}

fn with_database(url: &Url, database: &str) -> Url {
    let mut url = url.clone();
    url.set_path(database);
    url
}

//! What one run starts and with which settings: the parts of the system as data.

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::Driver;
use super::addresses::Addresses;
use super::outside::Outside;
use super::part::{Part, Ready};
use super::ports::Ports;
use super::postgres::{self, MAINTENANCE_DATABASE, STRIPE_DATABASE, Server};
use super::secrets::{Secret, Secrets};
use super::state::State;
use crate::{cluster, workspace};

/// Parts that listen on a port of their own behind the gateway's.
pub(crate) const PORT_NAMES: [&str; 6] = [
    "postgres",
    "auth",
    "stripe",
    "model",
    "functions",
    "provisioner",
];

/// How often the host uses an instance of a function again. Each instance checks a token once, at a millisecond of
/// computing; with Spin's default, 128, it hardly gains by that.
pub(crate) const REUSE: [&str; 2] = ["--max-instance-reuse-count", "4096"];

/// A part's own variables, by name.
pub(crate) type Environment = Vec<(String, String)>;

/// Everything the parts are made from.
pub(crate) struct Plan<'a> {
    pub(crate) state: &'a State,
    pub(crate) ports: &'a Ports,
    pub(crate) secrets: &'a Secrets,
    pub(crate) server: &'a Server,
    pub(crate) outside: &'a Outside,
    pub(crate) addresses: &'a Addresses,
    /// The gateway's port.
    pub(crate) port: u16,
    /// Whether new users must confirm their address.
    pub(crate) confirm_email: bool,
    /// The variable `rate_limits`.
    pub(crate) rate_limits: &'a str,
    /// Requests a minute of one client at the gateway.
    pub(crate) client_limit: NonZeroU32,
    /// What instances are.
    pub(super) driver: Driver,
    /// This machine's address for pods.
    pub(super) address_for_pods: Ipv4Addr,
}

impl Plan<'_> {
    /// Where a part is reached by other parts.
    pub(crate) fn internal_url(&self, port_name: &str) -> Result<String> {
        Ok(format!("http://{}", self.listen(port_name)?))
    }

    fn listen(&self, port_name: &str) -> Result<String> {
        let address = match port_name {
            "model" => self.address_for_pods, // instances ask it
            _ => Ipv4Addr::LOCALHOST,
        };
        Ok(format!("{address}:{}", self.ports.of(port_name)?))
    }

    fn database_url(&self, role: &postgres::Role) -> Result<String> {
        let database = self.server.platform_database();
        Ok(self.server.role_url(role, database, self.secrets)?.into())
    }

    /// Where browsers reach the auth service.
    pub(crate) fn auth_url(&self) -> Result<String> {
        match &self.outside.auth {
            Some(auth) => Ok(auth.url.clone()),
            None => self.addresses.of("auth"),
        }
    }

    /// Where programs reach it.
    pub(crate) fn auth_internal_url(&self) -> Result<String> {
        match &self.outside.auth {
            Some(auth) => Ok(auth.url.clone()),
            None => self.internal_url("auth"),
        }
    }

    /// Where browsers find Stripe's stand-in, or the API of Stripe itself.
    pub(crate) fn stripe_url(&self) -> Result<String> {
        match &self.outside.stripe {
            Some(stripe) => Ok(stripe.url.clone()),
            None => self.addresses.of("stripe"),
        }
    }

    /// Where programs reach Stripe.
    pub(crate) fn stripe_internal_url(&self) -> Result<String> {
        match &self.outside.stripe {
            Some(stripe) => Ok(stripe.url.clone()),
            None => self.internal_url("stripe"),
        }
    }

    /// The auth stand-in.
    pub(crate) fn auth(&self) -> Result<Part> {
        let key_file = self.state.dir("auth")?.join("signing-key.pem");
        let mut arguments = vec![
            "--listen".to_owned(),
            self.listen("auth")?,
            "--public-url".to_owned(),
            self.addresses.of("auth")?,
            "--site-url".to_owned(),
            self.addresses.of("app")?,
            "--key-file".to_owned(),
            key_file.to_string_lossy().into_owned(),
        ];
        arguments.extend(self.confirm_email.then(|| "--confirm-email".to_owned()));
        let environment = environment(&[
            ("DATABASE_URL", &self.database_url(&postgres::AUTH)?),
            (
                "PUBLISHABLE_KEY",
                self.secrets.auth_publishable_key.expose(),
            ),
            ("SECRET_KEY", self.secrets.auth_secret_key.expose()),
        ]);
        Ok(part("auth", "dev-supabase-auth", arguments, environment))
    }

    /// The Stripe stand-in.
    pub(crate) fn stripe(&self) -> Result<Part> {
        let arguments = vec![
            "--listen".to_owned(),
            self.listen("stripe")?,
            "--public-url".to_owned(),
            self.addresses.of("stripe")?,
            "--webhook-url".to_owned(),
            format!("{}/webhooks/stripe", self.internal_url("functions")?),
        ];
        let database = self
            .server
            .role_url(&postgres::STRIPE, STRIPE_DATABASE, self.secrets)?;
        let environment = environment(&[
            ("DATABASE_URL", database.as_str()),
            ("STRIPE_SECRET_KEY", self.secrets.stripe_secret_key.expose()),
            (
                "STRIPE_WEBHOOK_SECRET",
                self.secrets.stripe_webhook_secret.expose(),
            ),
        ]);
        Ok(part("stripe", "dev-stripe", arguments, environment))
    }

    /// The model stand-in.
    pub(crate) fn model(&self) -> Result<Part> {
        let arguments = vec!["--listen".to_owned(), self.listen("model")?];
        let environment = environment(&[
            ("MODEL_KEY", self.secrets.model_key.expose()),
            ("ADMIN_KEY", self.secrets.model_admin_key.expose()),
        ]);
        Ok(part("model", "dev-model", arguments, environment))
    }

    /// Which model instances ask: a real provider if `up` was started with one's `MODEL_URL`, which parts inherit.
    fn instances_model(&self) -> Result<Environment> {
        if std::env::var("MODEL_URL").is_ok_and(|url| !url.is_empty()) {
            return Ok(Vec::new());
        }
        Ok(environment(&[
            ("MODEL_URL", &format!("{}/v1", self.internal_url("model")?)),
            ("MODEL_KEY", self.secrets.model_key.expose()),
        ]))
    }

    /// The functions' variables, under the names of `spin.toml`.
    pub(crate) fn variables(&self, stripe_prices: &str) -> Result<Environment> {
        let auth = self.auth_url()?;
        let jwt_secret = self.outside.auth.as_ref().map(|auth| &auth.jwt_secret);
        Ok(environment(&[
            ("database_url", &self.database_url(&postgres::FUNCTIONS)?),
            ("database_host", &self.server.outbound_host()),
            ("public_url", &self.addresses.base()),
            ("auth_internal_url", &self.auth_internal_url()?),
            ("auth_issuer", &format!("{auth}/auth/v1")),
            ("auth_jwt_secret", jwt_secret.map_or("", Secret::expose)),
            ("auth_public_url", &auth),
            (
                "publishable_key",
                self.secrets.auth_publishable_key.expose(),
            ),
            ("stripe_api_url", &self.stripe_internal_url()?),
            ("stripe_secret_key", self.secrets.stripe_secret_key.expose()),
            (
                "stripe_webhook_secrets",
                self.secrets.stripe_webhook_secret.expose(),
            ),
            ("stripe_prices", stripe_prices),
            ("probe_hosts", self.probe_hosts()),
            ("probe_address", "internal"),
            ("trusted_hops", "1"), // the gateway
            ("rate_limits", self.rate_limits),
            ("environment", "local"),
            ("support_email", "support@mindroom.localhost"),
        ]))
    }

    /// Where instances are: what they listen on here, or where clusters usually have their Services.
    fn probe_hosts(&self) -> &'static str {
        match self.driver {
            Driver::Local => "http://127.0.0.1:*",
            Driver::Kubernetes => "http://10.0.0.0/8:*",
        }
    }

    /// The functions' host.
    pub(crate) fn host(&self, stripe_prices: &str) -> Result<Part> {
        let state_dir = self.state.dir("functions")?;
        let mut arguments = vec![
            "up".to_owned(),
            // a function that leaves a transaction open is a bug to see at once
            "--strict".to_owned(),
            "--from".to_owned(),
            "spin.toml".to_owned(),
            "--listen".to_owned(),
            self.listen("functions")?,
            "--state-dir".to_owned(),
            state_dir.to_string_lossy().into_owned(),
        ];
        arguments.extend(REUSE.map(str::to_owned));
        let mut part = part(
            "functions",
            "dev-host",
            arguments,
            spin_environment(self.variables(stripe_prices)?),
        );
        part.start_limit = Duration::from_mins(10); // compiles every function on its first start
        Ok(part)
    }

    /// The gateway.
    pub(crate) fn gateway(&self) -> Result<Part> {
        let mut arguments = vec![
            "--listen".to_owned(),
            format!("127.0.0.1:{}", self.port),
            "--public-url".to_owned(),
            self.addresses.base(),
            "--functions".to_owned(),
            self.internal_url("functions")?,
            "--client-limit".to_owned(),
            self.client_limit.to_string(),
        ];
        if self.outside.auth.is_none() {
            arguments.extend(["--auth".to_owned(), self.internal_url("auth")?]);
        }
        if self.outside.stripe.is_none() {
            arguments.extend(["--stripe".to_owned(), self.internal_url("stripe")?]);
        }
        let environment = environment(&[("DATABASE_URL", &self.database_url(&postgres::GATEWAY)?)]);
        Ok(part("gateway", "dev-gateway", arguments, environment))
    }

    /// The daemon that makes instances.
    pub(crate) fn daemon(&self, stripe_prices: &str) -> Result<Part> {
        let driver = match self.driver {
            Driver::Local => "local",
            Driver::Kubernetes => "kubernetes",
        };
        let arguments = ["--listen", &self.listen("provisioner")?, "--driver", driver];
        let arguments = arguments.map(str::to_owned).to_vec();
        let mut environment = environment(&[
            ("DATABASE_URL", &self.database_url(&postgres::DAEMON)?),
            ("INSTANCE_DATABASE_URL", &self.instances_database_url()?),
            ("STRIPE_API_URL", &self.stripe_internal_url()?),
            ("STRIPE_SECRET_KEY", self.secrets.stripe_secret_key.expose()),
            ("STRIPE_PRICES", stripe_prices),
            ("PUBLIC_URL", &self.addresses.base()),
        ]);
        environment.extend(self.instances_model()?);
        environment.extend(self.drivers_own()?);
        let mut part = part(
            "provisioner-daemon",
            "provisioner-daemon",
            arguments,
            environment,
        );
        part.stop_limit = Duration::from_secs(30); // finishes the step it is in
        if self.driver == Driver::Local {
            part.after_stop = Some(self.daemon_command("stop-instances")?);
        }
        Ok(part)
    }

    /// By an address that holds for instances too.
    fn instances_database_url(&self) -> Result<String> {
        let role = &postgres::INSTANCES;
        let mut url = self
            .server
            .role_url(role, MAINTENANCE_DATABASE, self.secrets)?;
        if self.server.part.is_some() {
            url.set_host(Some(&self.address_for_pods.to_string()))?;
            url.set_query(Some("sslmode=disable")); // it has no certificate, and pods are on this machine
        }
        Ok(url.into())
    }

    fn drivers_own(&self) -> Result<Environment> {
        match self.driver {
            Driver::Local => Ok(environment(&[("STATE_DIR", &self.instances_dir()?)])),
            // whoever started this has named the cluster; its names are unknown here
            Driver::Kubernetes => Ok(environment(&[
                ("HELM", &cluster::HELM.program()?.to_string_lossy()),
                ("SYNAPSE_URL", "http://{address}:8008"),
                ("WEB_URL", "http://{address}:8080"),
            ])),
        }
    }

    /// Another command of the daemon's program, on the same folder.
    pub(crate) fn daemon_command(&self, name: &str) -> Result<Vec<String>> {
        Ok(vec![
            name.to_owned(),
            "--state-dir".to_owned(),
            self.instances_dir()?,
        ])
    }

    fn instances_dir(&self) -> Result<String> {
        Ok(self
            .state
            .dir("provisioner")?
            .to_string_lossy()
            .into_owned())
    }

    /// What calls the timed functions.
    pub(crate) fn cron(&self) -> Result<Part> {
        let arguments = vec!["--functions".to_owned(), self.internal_url("functions")?];
        let health = self.secrets.system_key("health")?;
        let maintenance = self.secrets.system_key("maintenance")?;
        Ok(part(
            "cron",
            "dev-cron",
            arguments,
            environment(&[
                ("HEALTH_KEY", health.expose()),
                ("MAINTENANCE_KEY", maintenance.expose()),
            ]),
        ))
    }
}

/// Variables as Spin and our host take them from the environment.
pub(crate) fn spin_environment(variables: Environment) -> Environment {
    variables
        .into_iter()
        .map(|(name, value)| (format!("SPIN_VARIABLE_{}", name.to_uppercase()), value))
        .collect()
}

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn part(
    name: &'static str,
    program: &str,
    arguments: Vec<String>,
    environment: Environment,
) -> Part {
    Part {
        name,
        program: program_path(program),
        arguments,
        environment,
        run_as: None,
        folder: None,
        ready: Ready::Line,
        start_limit: Duration::from_mins(1),
        stop_signal: Signal::SIGTERM,
        stop_limit: Duration::from_secs(10),
        after_stop: None,
    }
}

fn program_path(program: &str) -> PathBuf {
    workspace::program(program)
}

//! `cargo xtask up`: the whole system on one machine, until Ctrl-C.

mod addresses;
pub(crate) mod launch;
mod outside;
pub(crate) mod part;
mod plan;
pub(crate) mod ports;
mod postgres;
mod prices;
mod process;
mod report;
mod secrets;
mod seed;
pub(crate) mod state;
mod supervisor;

use std::net::Ipv4Addr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::addresses::Addresses;
use self::launch::Folders;
use self::outside::Outside;
use self::part::Part;
use self::plan::Plan;
pub(crate) use self::plan::REUSE;
use self::ports::Ports;
use self::postgres::Server;
use self::secrets::Secrets;
use self::state::State;
use self::supervisor::Supervisor;
use crate::{build, step, workspace};

/// What `cargo xtask up` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Port of the gateway, the only one that a person needs.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for everything that is kept; below the work tree unless it is absolute.
    #[arg(long, default_value = ".mindroom")]
    state_dir: PathBuf,
    /// Ask new users to confirm their address (mails are shown by the auth stand-in).
    #[arg(long)]
    confirm_email: bool,
    /// Requests a minute by group of routes.
    #[arg(
        long,
        default_value = "read=600,write=60,start=10,destructive=5,anonymous=120"
    )]
    rate_limits: String,
    /// Requests a minute of one client's address at the gateway.
    #[arg(long, default_value = "6000")]
    client_limit: NonZeroU32,
    /// What instances are.
    #[arg(long, default_value = "local")]
    driver: Driver,
    /// With Kubernetes: this machine's address for pods, where the database and the model's stand-in listen too.
    #[arg(long, default_value = "127.0.0.1")]
    address_for_pods: Ipv4Addr,
}

/// What instances are.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Driver {
    /// Processes of this machine.
    Local,
    /// Pods of the cluster that `KUBECONFIG` names, with `INSTANCE_VALUES` (docs/kubernetes.md).
    Kubernetes,
}

/// Builds, starts, waits, stops.
pub(crate) fn run(options: &Options) -> Result<()> {
    install_tls_provider();
    let state = State::open(&workspace::root().join(&options.state_dir))?;
    launch::end_leftovers(&Folders {
        logs: state.dir("logs")?,
        records: state.dir("run")?,
    });
    require_free_port(options.port)?;
    let outside = Outside::from_environment()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let named = runtime.block_on(Server::named())?;
    build::run()?;

    let role_names: Vec<&str> = postgres::ROLES.iter().map(|role| role.name).collect();
    let mut secrets = Secrets::load(&state, &role_names, &seed::SYSTEM_KEYS)?;
    outside.lend_keys(&mut secrets);
    let ports = Ports::load(&state, &plan::PORT_NAMES)?;
    let server = match named {
        Some(server) => server,
        None => Server::private(&state, &ports, &secrets, options.address_for_pods)?,
    };
    let addresses = Addresses::on(options.port)?;
    let plan = Plan {
        state: &state,
        ports: &ports,
        secrets: &secrets,
        server: &server,
        outside: &outside,
        addresses: &addresses,
        port: options.port,
        confirm_email: options.confirm_email,
        rate_limits: &options.rate_limits,
        client_limit: options.client_limit,
        driver: options.driver,
        address_for_pods: options.address_for_pods,
    };
    if options.driver == Driver::Local {
        install_runtimes(&plan)?;
    }
    runtime.block_on(serve(&plan))
}

/// Only one TLS library is linked; clients still ask which to use. Once is enough, more do no harm.
pub(crate) fn install_tls_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Installs what instances run, so that the first customer does not wait for it. Without network everything
/// else works, and the daemon tries again when the first instance is made.
fn install_runtimes(plan: &Plan<'_>) -> Result<()> {
    let mut command = std::process::Command::new(workspace::program("provisioner-daemon"));
    command
        .args(plan.daemon_command("install-runtimes")?)
        .current_dir(workspace::root());
    let installed = step::run("runtimes", "installing what instances run", &mut command);
    match installed {
        Err(error) if !workspace::is_whole_required() => {
            eprintln!("instances cannot be made until their software is installed: {error:#}");
            Ok(())
        }
        outcome => outcome,
    }
}

fn require_free_port(port: u16) -> Result<()> {
    if ports::is_free(port) {
        return Ok(());
    }
    bail!("port {port} is taken: end the program that listens there, or choose another with --port")
}

/// Brings everything up, waits for a signal, brings everything down.
async fn serve(plan: &Plan<'_>) -> Result<()> {
    let mut signals = Signals::new()?;
    let mut supervisor = Supervisor::new(plan.state)?;
    let outcome = tokio::select! {
        outcome = bring_up(plan, &mut supervisor) => match outcome {
            Ok(()) => { signals.next().await; Ok(()) }
            Err(error) => Err(error),
        },
        () = signals.next() => Ok(()),
    };
    eprintln!("stopping; once more Ctrl-C to kill");
    let killed = tokio::select! {
        () = supervisor.stop() => false,
        () = signals.next() => true,
    };
    if killed {
        supervisor.kill();
        bail!("killed; the next start repairs what is left");
    }
    outcome
}

async fn bring_up(plan: &Plan<'_>, supervisor: &mut Supervisor) -> Result<()> {
    let started = Instant::now();
    if let Some(postgres) = plan.server.part.clone() {
        start(supervisor, postgres).await?;
    }
    postgres::prepare(plan.server, plan.secrets).await?;
    if plan.outside.auth.is_none() {
        start(supervisor, plan.auth()?).await?;
    }
    if plan.outside.stripe.is_none() {
        start(supervisor, plan.stripe()?).await?;
    }
    start(supervisor, plan.model()?).await?;
    let owner = postgres::connect(plan.server.owner_url()).await?;
    seed::run(&owner, &plan.auth_internal_url()?, plan.secrets).await?;
    drop(owner);
    let prices = prices::sync(
        &plan.stripe_internal_url()?,
        &plan.secrets.stripe_secret_key,
    )
    .await?;
    report::write(plan, plan.variables(&prices)?)?;
    for part in [
        plan.host(&prices)?,
        plan.gateway()?,
        plan.daemon(&prices)?,
        plan.cron()?,
    ] {
        start(supervisor, part).await?;
    }
    eprintln!(
        "[{:>4}s] everything serves; logs in {}",
        started.elapsed().as_secs(),
        supervisor.logs().display()
    );
    report::print(plan)
}

async fn start(supervisor: &mut Supervisor, part: Part) -> Result<()> {
    let progress = step::Progress::start(&format!("starting {}", part.name));
    let outcome = supervisor.start(part).await;
    match outcome {
        Ok(()) => progress.done(),
        Err(_) => progress.fail(),
    }
    outcome
}

/// What asks `up` to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let listen = |kind| signal(kind).context("listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

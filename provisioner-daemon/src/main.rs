//! The program: reads its settings, starts driver and runner, ends cleanly on SIGTERM.

mod cli;
mod cluster_cli;

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use provisioner_daemon::drivers::Driver;
use provisioner_daemon::drivers::kubernetes::KubernetesDriver;
use provisioner_daemon::drivers::local::{self, LocalDriver};
use provisioner_daemon::jobs::{
    DeleteAccount, MeasureUsage, ReconcileInstance, StripeCatchUp, StripeEvent, StripeTransport,
};
use provisioner_daemon::runner::{Faults, Handler, Runner, Settings};
use provisioner_daemon::{measures, probes};
use store::daemon::Db;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use cli::{Arguments, Command, DriverSettings, Serve};

/// Connections for work; heartbeats and the doorbell have their own.
const CONNECTIONS: usize = 6;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::InstallRuntimes { state_dir }) => {
            let say = |line: &str| {
                let _ = writeln!(std::io::stdout(), "{line}");
            };
            let required = cli::is_mindroom_required();
            local::state_dir(&state_dir).context("make the state folder")?;
            local::install(&local::runtimes_folder(&state_dir), required, &say).await?;
            say("The software for instances is ready");
            Ok(())
        }
        Some(Command::StopInstances { state_dir }) => local::stop_instances(&state_dir).await,
        None => serve(arguments.serve.checked()?).await,
    }
}

async fn serve(serve: Serve) -> anyhow::Result<()> {
    let asked_to_end = asked_to_end()?;
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider is installed already"))?;
    let metrics = measures::install()?;
    let listener = tokio::net::TcpListener::bind(serve.listen)
        .await
        .with_context(|| format!("listen on {}", serve.listen))?;
    let db = Db::new(&serve.database_url, CONNECTIONS)?;
    let stop = CancellationToken::new();
    let mut settings = Settings {
        faults: faults()?,
        ..Settings::default()
    };
    let databases = serve.driver.databases().clone();
    let driver: Arc<dyn Driver> = match serve.driver {
        DriverSettings::Local(config) => {
            local::state_dir(&config.state_dir).context("make the state folder")?;
            let lock = local::Lock::take(&config.state_dir).await?;
            settings.worker = lock.worker;
            settings.predecessor = lock.predecessor;
            LocalDriver::start(config, lock, db.clone(), stop.clone())?
        }
        DriverSettings::Kubernetes(config) => {
            let cluster = kube::Config::infer().await.context("find the cluster")?;
            KubernetesDriver::start(config, cluster, db.clone(), stop.clone())?
        }
    };
    let stripe = stripe::Client::new(
        StripeTransport::over_http()?,
        &serve.stripe_api_url,
        serve.stripe_secret_key,
    )?;
    let handlers: Vec<Arc<dyn Handler>> = vec![
        Arc::new(ReconcileInstance::new(Arc::clone(&driver))),
        Arc::new(MeasureUsage::new(databases, driver)),
        Arc::new(StripeEvent::new(
            stripe.clone(),
            serve.stripe_prices.clone(),
        )),
        Arc::new(StripeCatchUp::new(stripe.clone(), serve.stripe_prices)),
        Arc::new(DeleteAccount::new(stripe)),
    ];
    let runner = Runner::start(db, &serve.database_url, handlers, settings)?;

    let app = probes::router(runner.pulse(), metrics);
    let address = listener.local_addr()?;
    let probes = tokio::spawn(axum::serve(listener, app).into_future());
    writeln!(std::io::stdout(), "Serving http://{address}")?;

    asked_to_end.await;
    tracing::info!("draining");
    runner.drain().await;
    stop.cancel();
    probes.abort();
    Ok(())
}

/// Faults that tests ask for, in builds that have them.
fn faults() -> anyhow::Result<Faults> {
    match std::env::var("FAULTS") {
        Ok(text) if cfg!(debug_assertions) => Faults::parse(&text).context("FAULTS"),
        _ => Ok(Faults::default()),
    }
}

/// Resolves at SIGTERM or Ctrl-C, counted from this call on.
fn asked_to_end() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

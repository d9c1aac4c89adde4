//! Calls the timed functions on one machine, as the chart's jobs do in a cluster.

mod schedule;

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::schedule::{Call, repeat};

/// How often instances are checked; the chart has the same.
const HEALTH_PERIOD: Duration = Duration::from_secs(30);

/// Calls the timed functions. Needs the environment variable `HEALTH_KEY`, a system key with scope `health`.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where the functions' host listens.
    #[arg(long)]
    functions: Url,
}

#[tokio::main]
async fn main() -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    // Two TLS libraries could be linked; clients ask which one to use.
    drop(rustls::crypto::ring::default_provider().install_default());

    let args = Args::parse();
    let key = std::env::var("HEALTH_KEY")
        .ok()
        .filter(|key| !key.trim().is_empty());
    let key = key.context("the environment variable HEALTH_KEY is missing or empty")?;
    let health = Call::new(&args.functions, "/system/health-checks", key)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "Serving {}", args.functions)?;
    stdout.flush()?;
    tokio::select! {
        () = repeat(&health, HEALTH_PERIOD) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

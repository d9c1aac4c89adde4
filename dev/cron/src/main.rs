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

/// How often the upkeep is done; the chart has the same.
const MAINTENANCE_PERIOD: Duration = Duration::from_hours(1);

/// Calls the timed functions. Needs the environment variables `HEALTH_KEY` and `MAINTENANCE_KEY`, system keys with the
/// scopes `health` and `maintenance`.
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
    let functions = &args.functions;
    let health = Call::new(functions, "/system/health-checks", key("HEALTH_KEY")?)?;
    let maintenance = Call::new(functions, "/system/maintenance", key("MAINTENANCE_KEY")?)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "Serving {}", args.functions)?;
    stdout.flush()?;
    tokio::select! {
        () = repeat(&health, HEALTH_PERIOD) => {}
        () = repeat(&maintenance, MAINTENANCE_PERIOD) => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

fn key(name: &str) -> Result<String> {
    let key = std::env::var(name).ok();
    key.filter(|key| !key.trim().is_empty())
        .with_context(|| format!("the environment variable {name} is missing or empty"))
}

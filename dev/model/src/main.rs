//! A stand-in for a model provider on one machine: the part of OpenAI's API that MindRoom and other clients use.
//! Its answers are made from the conversation, so that a person sees that they arrived and a test can tell whose
//! they are.

mod app;
mod chat;
mod embeddings;
mod error;
mod models;
mod record;
mod schema;

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::State;

/// How long open requests may still take after the order to stop.
const DRAIN: Duration = Duration::from_secs(3);

/// A stand-in for a model provider on one machine.
///
/// Needs two environment variables: `MODEL_KEY` (what clients send as bearer token) and `ADMIN_KEY` (what opens
/// `/__requests`).
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to listen: loopback, or a private address for pods. Port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    ensure!(
        is_near(args.listen.ip()),
        "--listen {}: this stand-in serves one machine and its pods, so it binds loopback or a private address",
        args.listen
    );
    let (model_key, admin_key) = (required("MODEL_KEY")?, required("ADMIN_KEY")?);
    ensure!(
        model_key != admin_key,
        "MODEL_KEY and ADMIN_KEY are the same: every client could read every conversation"
    );
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("listen on {}", args.listen))?;
    let address = listener
        .local_addr()
        .context("read the listening address")?;
    let stop = stop_on_signal()?;
    writeln!(std::io::stdout(), "Serving http://{address}").context("announce the address")?;
    serve(listener, State::new(model_key, admin_key), stop).await
}

fn is_near(address: IpAddr) -> bool {
    let is_private = matches!(address, IpAddr::V4(address) if address.is_private());
    is_private || address.is_loopback()
}

fn required(name: &str) -> anyhow::Result<String> {
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
        .with_context(|| format!("the environment variable {name} is missing or empty"))
}

/// Cancelled by Ctrl-C and by SIGTERM.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        stopping.cancel();
    });
    Ok(stop)
}

/// Serves until told to stop, then lets open requests end within [`DRAIN`].
async fn serve(listener: TcpListener, state: State, stop: CancellationToken) -> anyhow::Result<()> {
    let server = axum::serve(listener, app::router(state))
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        outcome = server => outcome.context("serve"),
        () = deadline => Ok(()),
    }
}

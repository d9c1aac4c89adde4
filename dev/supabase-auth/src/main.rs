//! The stand-in for Supabase Auth on one machine: what an unmodified `@supabase/supabase-js` needs to sign up and in
//! by password and by mail, to refresh, read and change the user and sign out, and what an operator needs to manage
//! users, over the same database as the platform.

mod app;
mod config;
mod cors;
mod db;
mod email;
mod error;
mod extract;
mod gateway;
mod keys;
mod limits;
mod mail;
mod passwords;
mod pkce;
mod policy;
mod redirect;
mod routes;
mod session;
mod shape;
mod state;
mod token;
mod user;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{Args, Config};
use crate::state::State;

/// How long open requests may still take after the order to stop.
const DRAIN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    let config = Config::new(Args::parse(), |name| std::env::var(name).ok())?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listen on {}", config.listen))?;
    let address = listener
        .local_addr()
        .context("read the listening address")?;
    let app = app::router(State::new(config)?);
    // Before it is announced: who reads the line may end the program at once.
    let stopped = stop_on_signal()?;

    writeln!(std::io::stdout(), "Serving http://{address}").context("announce the address")?;
    serve(listener, app, stopped).await
}

/// Becomes true at SIGTERM or SIGINT.
fn stop_on_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for SIGINT")?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        let _ = stop.send(true);
    });
    Ok(stopped)
}

/// Serves until it is told to stop, then lets open requests end within [`DRAIN`].
async fn serve(
    listener: TcpListener,
    app: axum::Router,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut drain = stopped.clone();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    });
    let deadline = async move {
        let _ = drain.wait_for(|stop| *stop).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        outcome = server => outcome.context("serve"),
        () = deadline => Ok(()),
    }
}

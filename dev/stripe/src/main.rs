//! A stand-in for Stripe on one machine: the part of its API that this platform uses, its pages and its
//! webhooks, at the API version of the `stripe` crate. All state is in the database.

mod api;
mod billing;
mod clock;
mod control;
mod database;
mod ids;
mod pages;
mod resources;
mod server;
mod settings;
mod shapes;
mod store;
mod webhooks;
mod work;

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::server::App;
use crate::settings::Args;
use crate::settings::Settings;
use crate::webhooks::courier;
use crate::webhooks::courier::Courier;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    run(args).await
}

async fn run(args: Args) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    tokio::spawn(cancel_on_signal(stop.clone())?);
    let pool = database::pool(&args.database_url)?;
    tokio::select! {
        prepared = database::prepare(&pool) => prepared?,
        () = stop.cancelled() => return Ok(()),
    }
    let listener = TcpListener::bind(args.listen).await.context("listen")?;
    let address = listener.local_addr().context("listen")?;

    let outbox = Arc::new(Notify::new());
    let public_url = match &args.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{address}"),
    };
    let settings = Arc::new(Settings {
        public_url,
        secret_key: args.secret_key,
    });
    let endpoint = (args.webhook_url.as_str(), args.webhook_secret.expose());
    database::furnish(&pool, &settings, endpoint).await?;
    let app = App {
        pool: pool.clone(),
        settings,
        outbox: outbox.clone(),
        turn: Arc::default(),
        faults: Arc::default(),
    };
    let http = courier::http_client()?;
    let courier = Courier { pool, http, outbox };
    let courier = tokio::spawn(courier.run(stop.clone()));
    let clock = tokio::spawn(clock::run(app.clone(), stop.clone()));

    println!("Serving http://{address}");
    let served = server::serve(app, listener, stop.clone()).await;
    stop.cancel();
    clock.await.context("end the clock")?;
    courier.await.context("end the courier")?;
    served
}

/// Stops on Ctrl-C and on SIGTERM.
fn cancel_on_signal(stop: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("listen to signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen to signals")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    })
}

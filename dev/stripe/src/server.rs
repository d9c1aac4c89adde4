//! Listening, and what the handlers share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use deadpool_postgres::Client;
use deadpool_postgres::Pool;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::api::error::ApiError;
use crate::api::faults::Faults;
use crate::control;
use crate::pages;
use crate::settings::Settings;

/// Enough for every form of the pages; the API has its own limit.
const MAX_FORM_BYTES: usize = 16 * 1024;
/// How long open requests may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(3);

/// What every handler gets.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) pool: Pool,
    pub(crate) settings: Arc<Settings>,
    /// Rung when there may be an event to deliver.
    pub(crate) outbox: Arc<Notify>,
    /// Held by whoever lets time pass.
    pub(crate) turn: Arc<Mutex<()>>,
    /// How the next calls shall fail.
    pub(crate) faults: Arc<Faults>,
}

impl App {
    pub(crate) async fn connection(&self) -> Result<Client, ApiError> {
        Ok(self.pool.get().await.context("take a connection")?)
    }
}

/// Serves until `stop`, then lets open requests end.
pub(crate) async fn serve(
    app: App,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let router = Router::new()
        .route("/v1/{*path}", any(api::handle))
        .merge(control::routes(&app).layer(DefaultBodyLimit::max(MAX_FORM_BYTES)))
        .merge(pages::routes().layer(DefaultBodyLimit::max(MAX_FORM_BYTES)))
        .fallback(api::handle)
        .with_state(app);
    let signal = stop.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service)
        .with_graceful_shutdown(async move { signal.cancelled().await })
        .into_future();
    tokio::select! {
        served = serving => served.context("serve"),
        () = drained(&stop) => Ok(()),
    }
}

/// A connection that somebody keeps open must not keep the program alive.
async fn drained(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(DRAIN).await;
}

//! `/healthz`, `/readyz` and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::runner::Pulse;

#[derive(Clone)]
struct Probed {
    pulse: Pulse,
    metrics: PrometheusHandle,
}

/// The routes.
pub fn router(pulse: Pulse, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(Probed { pulse, metrics })
}

/// Whether all loops still turn.
async fn healthz(State(probed): State<Probed>) -> (StatusCode, String) {
    match probed.pulse.stuck() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(name) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{name} is stuck\n"),
        ),
    }
}

/// Whether work is taken.
async fn readyz(State(probed): State<Probed>) -> (StatusCode, String) {
    match probed.pulse.not_ready() {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn render(State(probed): State<Probed>) -> String {
    probed.metrics.run_upkeep();
    probed.metrics.render()
}

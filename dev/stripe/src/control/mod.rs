//! `/_control`: what a test does to the stand-in and nobody can do to Stripe. Loopback only, with the secret key.

mod clock;
mod webhooks;

use std::net::SocketAddr;

use axum::Json;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::api::auth;
use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::faults::Fault;
use crate::server::App;

pub(crate) fn routes(app: &App) -> Router<App> {
    let guard = middleware::from_fn_with_state(app.clone(), guard);
    Router::new()
        .route("/_control/clock", get(clock::read).post(clock::advance))
        .route("/_control/webhooks", post(webhooks::set_mode))
        .route(
            "/_control/webhooks/{endpoint}/roll_secret",
            post(webhooks::roll_secret),
        )
        .route("/_control/api", get(faults).post(set_faults))
        .route("/_control/account", post(set_account))
        .layer(guard)
}

/// Lets nobody in but a test on this machine.
async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    if peer.is_none_or(|peer| !peer.0.ip().to_canonical().is_loopback()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match auth::authenticate(request.headers(), app.settings.secret_key.expose()) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<Fault>,
}

/// `GET /_control/api`: the faults that are still to strike.
async fn faults(State(app): State<App>) -> Json<Faults> {
    let faults = app.faults.left();
    Json(Faults { faults })
}

/// `POST /_control/api`: how the next calls fail.
async fn set_faults(State(app): State<App>, Json(wanted): Json<Faults>) -> ApiResult<Json<Faults>> {
    app.faults.set(wanted.faults).map_err(ApiError::request)?;
    Ok(faults(State(app)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    after_retries: AfterRetries,
}

/// The words of Stripe's dashboard.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum AfterRetries {
    Cancel,
    MarkUnpaid,
    LeavePastDue,
}

/// `POST /_control/account`: what becomes of subscriptions whose charges failed for the last time.
async fn set_account(
    State(app): State<App>,
    Json(wanted): Json<Account>,
) -> ApiResult<Json<Value>> {
    let word = json!(wanted.after_retries);
    let client = app.connection().await?;
    let statement = "UPDATE account SET after_retries = $1";
    client.execute(statement, &[&word.as_str()]).await?;
    Ok(Json(json!({ "after_retries": word })))
}

//! The API under `/v1`: one call is one transaction.

pub(crate) mod auth;
pub(crate) mod error;
mod idempotency;
pub(crate) mod lists;
pub(crate) mod params;
mod routes;

use std::time::Instant;

use anyhow::Context;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::header;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::idempotency::Key;
use crate::api::params::Params;
use crate::ids;
use crate::server::App;
use crate::work::Cause;
use crate::work::Work;

/// Larger than any call that Stripe accepts.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What a call is answered with.
struct Answer {
    body: Value,
    /// The first call's request id, when this is its answer again.
    replay_of: Option<String>,
}

/// Answers one call, whatever it is.
pub(crate) async fn handle(State(app): State<App>, request: Request<Body>) -> Response {
    let started = Instant::now();
    let request_id = ids::with_length("req_", 14);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let key = request.headers().get("idempotency-key").cloned();
    let mut response = match call(&app, request, &request_id).await {
        Ok(answer) => success(answer),
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(
        "stripe-version",
        HeaderValue::from_static(stripe::API_VERSION),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    if let Ok(value) = HeaderValue::try_from(&request_id) {
        headers.insert("request-id", value);
    }
    if let Some(key) = key {
        headers.insert("idempotency-key", key);
    }
    tracing::info!(
        http.method = %method,
        http.path = path,
        http.status = response.status().as_u16(),
        request.id = request_id,
        duration_ms = started.elapsed().as_millis(),
        "call"
    );
    response
}

fn success(answer: Answer) -> Response {
    let mut response = Json(answer.body).into_response();
    if let Some(Ok(original)) = answer.replay_of.map(HeaderValue::try_from) {
        response.headers_mut().insert("original-request", original);
        response
            .headers_mut()
            .insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

async fn call(app: &App, request: Request<Body>, request_id: &str) -> ApiResult<Answer> {
    auth::authenticate(request.headers(), app.settings.secret_key.expose())?;
    check_version(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| ApiError::too_large())?;
    let path = parts.uri.path();
    let key = if parts.method == Method::POST {
        Key::of(&parts.headers, path, &body)?
    } else {
        None
    };
    let params = Params::parse(parts.uri.query().unwrap_or_default(), &body)?;

    let cause = Cause {
        request_id: Some(request_id.to_owned()),
        idempotency_key: key.as_ref().map(|key| key.text.clone()),
    };
    let mut client = app.pool.get().await.context("take a connection")?;
    let work = Work::begin(&mut client, &app.settings, cause).await?;
    if let Some(key) = &key
        && let Some(replay) = key.begin(&work).await?
    {
        return Ok(Answer {
            body: replay.answer,
            replay_of: Some(replay.request_id),
        });
    }
    let body = routes::dispatch(&work, &parts.method, path, params).await?;
    if let Some(key) = &key {
        key.store(&work, request_id, &body).await?;
    }
    work.commit().await?;
    app.outbox.notify_one();
    Ok(Answer {
        body,
        replay_of: None,
    })
}

/// Only one version is rendered here, and an answer in another one would be a lie.
fn check_version(headers: &HeaderMap) -> ApiResult<()> {
    match headers.get("stripe-version") {
        None => Ok(()),
        Some(version) if version == stripe::API_VERSION => Ok(()),
        Some(_) => {
            let message = format!(
                "Invalid Stripe API version: this stand-in answers {} only",
                stripe::API_VERSION
            );
            Err(ApiError::request(message))
        }
    }
}

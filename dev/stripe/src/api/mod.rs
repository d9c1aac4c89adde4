//! The API under `/v1`: one call is one transaction.

pub(crate) mod auth;
pub(crate) mod error;
mod expand;
pub(crate) mod faults;
mod idempotency;
pub(crate) mod lists;
pub(crate) mod params;
mod routes;

use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use axum::Json;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::Method;
use http::Request;
use http::StatusCode;
use http::header;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::faults::Fault;
use crate::api::faults::Kind;
use crate::api::idempotency::Key;
use crate::api::idempotency::Replay;
use crate::api::params::Params;
use crate::ids;
use crate::server::App;
use crate::work::Cause;
use crate::work::Work;

/// Larger than any call that Stripe accepts.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What is read of a body that is too large, so that a client which is still sending it hears of the refusal.
const MAX_READ_BYTES: usize = 8 * 1024 * 1024;

/// What a call is answered with.
struct Answer {
    status: StatusCode,
    body: Value,
    /// The first call's request id, when this is its answer again.
    replay_of: Option<String>,
}

impl Answer {
    fn again(replay: Replay) -> Self {
        Self {
            status: replay.status,
            body: replay.body,
            replay_of: Some(replay.request_id),
        }
    }
}

/// Answers one call, whatever it is.
pub(crate) async fn handle(State(app): State<App>, request: Request<Body>) -> Response {
    let started = Instant::now();
    let request_id = ids::with_length("req_", 14);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let key = request.headers().get("idempotency-key").cloned();
    let (parts, body) = request.into_parts();
    let body = read(body).await;
    let form = body.as_deref().unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let fault = app.faults.strike(&path, query, form);
    let request = Request::from_parts(parts, body);
    let mut response = match answer(&app, request, &request_id, fault.as_ref()).await {
        Ok(answer) => written(answer),
        Err(error) => error.into_response(),
    };
    if let Some(fault) = fault {
        faulty(&mut response, &fault);
    }
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

async fn read(body: Body) -> ApiResult<Bytes> {
    match axum::body::to_bytes(body, MAX_READ_BYTES).await {
        Ok(body) if body.len() <= MAX_BODY_BYTES => Ok(body),
        _ => Err(ApiError::too_large()),
    }
}

fn written(answer: Answer) -> Response {
    let mut response = (answer.status, Json(answer.body)).into_response();
    if let Some(Ok(original)) = answer.replay_of.map(HeaderValue::try_from) {
        response.headers_mut().insert("original-request", original);
        response
            .headers_mut()
            .insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// A request with its body, unless that is too large.
type ReadRequest = Request<ApiResult<Bytes>>;

/// Answers a call, unless a fault keeps it from being done.
async fn answer(
    app: &App,
    request: ReadRequest,
    request_id: &str,
    fault: Option<&Fault>,
) -> ApiResult<Answer> {
    match fault.map(|fault| fault.kind) {
        Some(Kind::RateLimit) => Err(ApiError::rate_limited()),
        Some(Kind::Error | Kind::Unavailable) => {
            Err(ApiError::Internal(anyhow::anyhow!("a fault on purpose")))
        }
        Some(Kind::LostAnswer) => {
            call(app, request, request_id, Duration::ZERO).await?;
            Err(ApiError::Internal(anyhow::anyhow!(
                "an answer lost on purpose"
            )))
        }
        Some(Kind::Slow) | None => {
            let delay = fault.map(Fault::delay).unwrap_or_default();
            call(app, request, request_id, delay).await
        }
    }
}

/// What a fault does to an answer.
fn faulty(response: &mut Response, fault: &Fault) {
    match fault.kind {
        Kind::RateLimit => {
            let headers = response.headers_mut();
            headers.insert("retry-after", HeaderValue::from_static("1"));
            let reason = HeaderValue::from_static("global-rate");
            headers.insert("stripe-rate-limited-reason", reason);
        }
        Kind::Unavailable => {
            *response = (StatusCode::SERVICE_UNAVAILABLE, "upstream is away\n").into_response();
        }
        Kind::Error | Kind::LostAnswer | Kind::Slow => {}
    }
}

async fn call(
    app: &App,
    request: ReadRequest,
    request_id: &str,
    delay: Duration,
) -> ApiResult<Answer> {
    auth::authenticate(request.headers(), app.settings.secret_key.expose())?;
    check_version(request.headers())?;
    let (parts, body) = request.into_parts();
    let body = body?;
    let path = parts.uri.path().to_owned();
    let key = if parts.method == Method::POST {
        Key::of(&parts.headers, &path, &body)?
    } else {
        None
    };
    let mut params = Params::parse(parts.uri.query().unwrap_or_default(), &body)?;
    let call = Call {
        method: parts.method,
        path,
        key,
        expanded: params.texts("expand"),
    };
    perform(app, &call, params, request_id, delay).await
}

/// A call as it was read.
struct Call {
    method: Method,
    path: String,
    key: Option<Key>,
    expanded: Vec<String>,
}

/// Does a call, unless its key has an answer already. Whatever happens, its transaction has ended before it is
/// answered, so that the caller can come again at once.
async fn perform(
    app: &App,
    call: &Call,
    params: Params,
    request_id: &str,
    delay: Duration,
) -> ApiResult<Answer> {
    let cause = Cause {
        request_id: Some(request_id.to_owned()),
        idempotency_key: call.key.as_ref().map(|key| key.text.clone()),
    };
    let mut client = app.pool.get().await.context("take a connection")?;
    let work = Work::begin(&mut client, &app.settings, cause).await?;
    if let Some(key) = &call.key {
        match key.begin(&work).await {
            Ok(None) => {}
            known => {
                work.undo().await?;
                return known?
                    .map(Answer::again)
                    .context("an answer from before")
                    .map_err(Into::into);
            }
        }
    }
    tokio::time::sleep(delay).await;
    work.alone().await?;
    let answer = match tried(&work, call, params).await {
        Ok(answer) => answer,
        Err(error) => {
            work.undo().await?;
            return Err(error);
        }
    };
    if let Some(key) = &call.key {
        key.store(&work, request_id, (answer.status, &answer.body))
            .await?;
    }
    work.commit().await?;
    app.outbox.notify_one();
    Ok(answer)
}

/// Does a call. When the bank says no, the call has an answer too, and what it did is undone unless it counts.
async fn tried(work: &Work<'_>, call: &Call, params: Params) -> ApiResult<Answer> {
    work.sql().batch_execute("SAVEPOINT call").await?;
    let done = do_and_expand(work, &call.method, &call.path, params, &call.expanded).await;
    let (status, body) = match done {
        Ok(body) => (StatusCode::OK, body),
        Err(error) if error.is_decline() => error.into_parts(),
        Err(error) => return Err(error),
    };
    if !status.is_success() && !work.keeps_declined() {
        work.sql()
            .batch_execute("ROLLBACK TO SAVEPOINT call")
            .await?;
    }
    Ok(Answer {
        status,
        body,
        replay_of: None,
    })
}

async fn do_and_expand(
    work: &Work<'_>,
    method: &Method,
    path: &str,
    params: Params,
    expanded: &[String],
) -> ApiResult<Value> {
    let mut body = routes::dispatch(work, method, path, params).await?;
    expand::apply(work, &mut body, expanded).await?;
    Ok(body)
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

//! Answers of the gateway itself.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use crate::limit::TooMany;

/// Any error of a body on its way through.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;
/// A body, ours or somebody else's.
pub(crate) type Body = BoxBody<Bytes, BodyError>;

/// A whole body.
pub(crate) fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into())
        .map_err(|never| match never {})
        .boxed()
}

/// Problem details (RFC 9457), as all of the API answers.
pub(crate) fn problem(status: StatusCode, code: &str, detail: &str) -> Response<Body> {
    let request_id = uuid::Uuid::new_v4().to_string();
    let document = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
        "request_id": request_id,
    });
    let mut response = json_answer(status, &document);
    set(
        &mut response,
        HeaderName::from_static("x-request-id"),
        &request_id,
    );
    set(
        &mut response,
        header::CONTENT_TYPE,
        "application/problem+json",
    );
    response
}

/// A part that does not answer; it is started again within seconds.
pub(crate) fn unreachable(name: &str) -> Response<Body> {
    let detail = format!("{name} does not answer at the moment; try again in a few seconds");
    let mut response = problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "upstream_unavailable",
        &detail,
    );
    set(&mut response, header::RETRY_AFTER, "2");
    response
}

/// A client that asks too often.
pub(crate) fn too_many(refused: &TooMany) -> Response<Body> {
    let mut response = problem(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limited",
        "Too many requests. Wait a little.",
    );
    let seconds = refused.seconds.to_string();
    let limit = refused.limit.to_string();
    set(&mut response, header::RETRY_AFTER, &seconds);
    for (name, value) in [
        ("ratelimit-limit", limit.as_str()),
        ("ratelimit-remaining", "0"),
        ("ratelimit-reset", &seconds),
    ] {
        set(&mut response, HeaderName::from_static(name), value);
    }
    response
}

/// Lets the portal read a problem of ours, as it may read the API's own.
pub(crate) fn share(response: &mut Response<Body>, origin: &str) {
    set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    set(
        response,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset",
    );
    set(response, header::VARY, "origin");
}

/// JSON.
pub(crate) fn json_answer(status: StatusCode, document: &Value) -> Response<Body> {
    with_type(status, "application/json", document.to_string())
}

/// A page.
pub(crate) fn page(status: StatusCode, html: String) -> Response<Body> {
    let mut response = with_type(status, "text/html; charset=utf-8", html);
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    set(&mut response, header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Somewhere else.
pub(crate) fn redirect(location: &str) -> Response<Body> {
    let mut response = with_type(StatusCode::TEMPORARY_REDIRECT, "text/plain", String::new());
    set(&mut response, header::LOCATION, location);
    response
}

fn with_type(status: StatusCode, content_type: &str, content: String) -> Response<Body> {
    let mut response = Response::new(full(content));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, content_type);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, header::REFERRER_POLICY, "no-referrer");
    response
}

/// Sets a header; a value that is none (never one of ours) is left out.
pub(crate) fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

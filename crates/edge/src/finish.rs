//! What every answer has, whatever it says.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_LENGTH,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use store::Rate;

use crate::Answer;
use crate::settings::Settings;

/// What a browser may send from the portal.
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, x-request-id";
const ALLOWED_METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const EXPOSED_HEADERS: &str = "x-request-id, x-total-count, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset, idempotent-replayed";

/// What is known of a request beside its answer.
pub(crate) struct Known<'a> {
    pub(crate) origin: Option<&'a HeaderValue>,
    pub(crate) rate: Option<Rate>,
    /// The answer is that of an earlier request with the same idempotency key.
    pub(crate) replayed: bool,
    pub(crate) request_id: &'a str,
}

/// Adds what every answer has.
pub(crate) async fn finish(mut answer: Answer, known: &Known<'_>) -> Answer {
    let headers = &mut answer.headers;
    set_named(headers, "x-request-id", known.request_id);
    set(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, REFERRER_POLICY, "no-referrer");
    set_default(headers, CACHE_CONTROL, "no-store");
    if known.replayed {
        set_named(headers, "idempotent-replayed", "true");
    }
    if let Some(rate) = known.rate {
        set_named(headers, "ratelimit-limit", &rate.limit.to_string());
        set_named(headers, "ratelimit-remaining", &rate.remaining.to_string());
        set_named(headers, "ratelimit-reset", &rate.reset.to_string());
    }
    if !Settings.is_local().await.unwrap_or(false) {
        set(
            headers,
            STRICT_TRANSPORT_SECURITY,
            "max-age=63072000; includeSubDomains",
        );
    }
    let app = Settings.app_url().await.unwrap_or_default();
    share(headers, known.origin, &app);
    // Without it Spin sends head and body apart, and a client that keeps its connection waits 40 ms.
    let length = answer.body.len().to_string();
    if answer.status != StatusCode::NO_CONTENT && answer.status != StatusCode::NOT_MODIFIED {
        set(&mut answer.headers, CONTENT_LENGTH, &length);
    }
    answer
}

/// Lets the portal, and no other page, read the answer.
fn share(headers: &mut HeaderMap, origin: Option<&HeaderValue>, app: &str) {
    if !app.is_empty() && origin.is_some_and(|origin| origin.as_bytes() == app.as_bytes()) {
        set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, app);
        set(headers, ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        set(headers, ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
        set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        set(headers, ACCESS_CONTROL_MAX_AGE, "600");
    }
    // beside what the answer itself depends on
    headers.append(VARY, HeaderValue::from_static("origin"));
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn set_named(headers: &mut HeaderMap, name: &'static str, value: &str) {
    set(headers, HeaderName::from_static(name), value);
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

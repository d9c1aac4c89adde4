//! The part of Supabase's gateway that a client meets: every call names its project by an API key.

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::state::State;

/// Which of the two keys a request carries; put into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApiKey {
    /// The one that every visitor's browser knows.
    Publishable,
    /// The operator's.
    Secret,
}

impl ApiKey {
    /// Recognises a key, in constant time.
    pub(crate) fn recognise(state: &State, candidate: &str) -> Option<Self> {
        let is = |key: &str| bool::from(key.as_bytes().ct_eq(candidate.as_bytes()));
        if is(&state.config.secret_key) {
            Some(Self::Secret)
        } else if is(&state.config.publishable_key) {
            Some(Self::Publishable)
        } else {
            None
        }
    }
}

/// Middleware: 401 for a request without a known key, before anything else looks at it.
pub(crate) async fn require_api_key(
    Shared(state): Shared<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(candidate) = candidate(&request) else {
        return refuse(
            "No API key found in request",
            "No `apikey` request header or url param was found.",
        );
    };
    let Some(key) = ApiKey::recognise(&state, &candidate) else {
        return refuse(
            "Invalid API key",
            "It is neither the publishable nor the secret key.",
        );
    };
    if key == ApiKey::Secret && is_browser(request.headers()) {
        return refuse(
            "Forbidden use of secret API key in browser",
            "Secret keys belong to servers; use the publishable key here.",
        );
    }
    request.extensions_mut().insert(key);
    next.run(request).await
}

/// The key in the header, else in the query.
fn candidate(request: &Request) -> Option<String> {
    if let Some(header) = request.headers().get("apikey") {
        return Some(header.to_str().unwrap_or_default().to_owned());
    }
    form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "apikey")
        .map(|(_, value)| value.into_owned())
}

fn is_browser(headers: &HeaderMap) -> bool {
    headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .is_some_and(|agent| agent.starts_with("Mozilla/"))
}

/// The gateway's own shape of errors, which is neither of the service's two.
fn refuse(message: &str, hint: &str) -> Response {
    (
        StatusCode::UNAUTHORIZED,
        Json(json!({ "message": message, "hint": hint })),
    )
        .into_response()
}

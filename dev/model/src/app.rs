//! The table of routes, and what surrounds every request.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, HttpBody as _};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::error::Error;
use crate::record::Records;
use crate::{chat, embeddings, models, record};

/// A conversation with pictures in it is this large at most.
const BODY_LIMIT_BYTES: usize = 32 * 1024 * 1024;
/// The longest that the arrival of one request's body and the making of its answer may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// What every request shares; cheap to clone.
#[derive(Clone)]
pub(crate) struct State(Arc<Inner>);

/// The parts; reached through [`State`].
pub(crate) struct Inner {
    model_key: String,
    admin_key: String,
    /// Tells the answers of this process from those of any other.
    pub(crate) run: String,
    pub(crate) records: Records,
}

impl State {
    /// A process's state: nothing was asked yet.
    pub(crate) fn new(model_key: String, admin_key: String) -> Self {
        Self(Arc::new(Inner {
            model_key,
            admin_key,
            run: hex::encode(rand::random::<[u8; 4]>()),
            records: Records::default(),
        }))
    }
}

impl Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The whole service.
pub(crate) fn router(state: State) -> Router {
    let api = Router::new()
        .route("/v1/chat/completions", post(chat::handle))
        .route("/v1/embeddings", post(embeddings::handle))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::read));
    let admin = Router::new().route("/__requests", get(record::list));
    let api = behind(api, &state, |state| &state.model_key);
    let admin = behind(admin, &state, |state| &state.admin_key);
    api.merge(admin)
        .fallback(async |request: Request| Error::NoRoute {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
        })
        .method_not_allowed_fallback(async |request: Request| Error::NoMethod {
            method: request.method().to_string(),
        })
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(state)
}

/// Opens routes to the holders of a key.
fn behind(routes: Router<State>, state: &State, key: fn(&Inner) -> &str) -> Router<State> {
    let state = state.clone();
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        let state = state.clone();
        async move {
            match require_key(request.headers(), key(&state)) {
                Ok(()) => next.run(request).await,
                Err(error) => error.into_response(),
            }
        }
    }))
}

fn require_key(headers: &HeaderMap, key: &str) -> Result<(), Error> {
    let Some(given) = bearer(headers) else {
        return Err(Error::NoKey);
    };
    if bool::from(given.as_bytes().ct_eq(key.as_bytes())) {
        Ok(())
    } else {
        Err(Error::WrongKey)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .trim()
        .split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A JSON body, whatever its content type says.
pub(crate) struct Body(pub(crate) Value);

impl FromRequest<State> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &State) -> Result<Self, Error> {
        // By its announced size, before it comes; one without is cut off on its way.
        if request.body().size_hint().lower() > BODY_LIMIT_BYTES as u64 {
            return Err(Error::TooLarge);
        }
        let bytes = tokio::time::timeout(REQUEST_LIMIT, Bytes::from_request(request, state))
            .await
            .map_err(|_| Error::Slow)?
            .map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
                _ => Error::invalid("the request body ended early"),
            })?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Error::NoJson(error.to_string()))
    }
}

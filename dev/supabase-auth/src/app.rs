//! The table of routes, and what surrounds every request.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::cors;
use crate::error::{self, Error};
use crate::gateway::require_api_key;
use crate::routes::{admin, health, logout, mails, outbox, signup, token, user, verify};
use crate::state::State;

const BODY_LIMIT_BYTES: usize = 1024 * 1024;
/// The longest that one request may take, its body's arrival included.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// The whole service.
pub(crate) fn router(state: State) -> Router {
    // Reached by links in mails and by servers that check tokens: neither has a key.
    let open = Router::new()
        .route("/.well-known/jwks.json", get(health::jwks))
        .route("/verify", get(verify::by_link));
    let keyed = Router::new()
        .route("/health", get(health::health))
        .route("/settings", get(health::settings))
        .route("/signup", post(signup::handle))
        .route("/token", post(token::handle))
        .route("/user", get(user::read).put(user::change))
        .route("/logout", post(logout::handle))
        .route("/recover", post(mails::recover))
        .route("/resend", post(mails::resend))
        .route("/otp", post(mails::otp))
        .route("/verify", post(verify::by_code))
        .route("/admin/users", get(admin::list).post(admin::create))
        .route("/admin/users/{id}", get(admin::read).delete(admin::delete))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            require_api_key,
        ));
    let outbox =
        Router::new()
            .route("/__outbox", get(outbox::list))
            .layer(middleware::from_fn_with_state(
                state.clone(),
                require_api_key,
            ));
    Router::new()
        .nest("/auth/v1", open.merge(keyed))
        .merge(outbox)
        .fallback(async || Error::NoRoute)
        .method_not_allowed_fallback(async || Error::NoMethod)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn(limit_time))
        .layer(middleware::from_fn(error::shape))
        .layer(cors::layer(&state.config.site_url))
        .with_state(state)
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Timeout.into_response(),
    }
}

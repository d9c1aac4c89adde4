//! The table of routes, and what surrounds every request.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};

use crate::cors;
use crate::error::Error;
use crate::gateway::require_api_key;
use crate::limits::{self, Group};
use crate::routes::{admin, disabled, health, logout, mails, outbox, signup, token, user, verify};
use crate::shape;
use crate::state::State;

const BODY_LIMIT_BYTES: usize = 1024 * 1024;
/// The longest that one request may take, its body's arrival included.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

/// The whole service.
pub(crate) fn router(state: State) -> Router {
    // Reached by links in mails and by servers that check tokens: neither has a key.
    let open = Router::new()
        .route("/.well-known/jwks.json", get(health::jwks))
        .route("/.well-known/openid-configuration", get(health::discovery))
        .route("/authorize", get(disabled::authorize))
        .route(
            "/callback",
            get(disabled::callback).post(disabled::callback),
        );
    let link = counted(
        &state,
        Group::Verify,
        Router::new().route("/verify", get(verify::by_link)),
    );
    let keyed = keyed(&state).layer(middleware::from_fn_with_state(
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
        .nest("/auth/v1", open.merge(link).merge(keyed))
        .merge(outbox)
        .fallback(async || Error::NoRoute)
        .method_not_allowed_fallback(async || Error::NoMethod)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn(limit_time))
        .layer(middleware::from_fn(shape::apply))
        .layer(cors::layer(&state.config.site_url))
        .with_state(state)
}

/// What needs an API key.
fn keyed(state: &State) -> Router<State> {
    let token = Router::new()
        .route("/signup", post(signup::handle))
        .route("/token", post(token::handle))
        .route("/sso", post(disabled::sso));
    let verify = Router::new().route("/verify", post(verify::by_code));
    let mails = Router::new()
        .route("/recover", post(mails::recover))
        .route("/resend", post(mails::resend))
        .route("/otp", post(mails::otp))
        .route("/magiclink", post(mails::otp))
        .route("/reauthenticate", get(mails::reauthenticate));
    Router::new()
        .merge(counted(state, Group::Token, token))
        .merge(counted(state, Group::Verify, verify))
        .merge(counted(state, Group::Mail, mails))
        .route("/health", get(health::health))
        .route("/settings", get(health::settings))
        .route("/user", get(user::read).put(user::change))
        .route("/user/identities/authorize", get(disabled::link))
        .route("/user/identities/{id}", delete(disabled::link))
        .route("/factors", post(disabled::enroll))
        .route("/factors/{id}", delete(disabled::factor))
        .route("/factors/{id}/challenge", post(disabled::factor))
        .route("/factors/{id}/verify", post(disabled::factor))
        .route("/logout", post(logout::handle))
        .route("/invite", post(admin::invite))
        .route("/admin/generate_link", post(admin::generate_link))
        .route("/admin/users", get(admin::list).post(admin::create))
        .route(
            "/admin/users/{id}",
            get(admin::read).put(admin::update).delete(admin::delete),
        )
}

/// Routes whose requests are counted together.
fn counted(state: &State, group: Group, routes: Router<State>) -> Router<State> {
    let enforce = move |state: Shared<State>, request: Request, next: Next| {
        limits::enforce(group, state, request, next)
    };
    routes.layer(middleware::from_fn_with_state(state.clone(), enforce))
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Timeout.into_response(),
    }
}

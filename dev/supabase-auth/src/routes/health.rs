//! `GET /health`, `/settings` and `/.well-known/jwks.json`: what clients ask before they sign in.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::IntoResponse;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use crate::error::Error;
use crate::state::State;

/// Says that the service and its database answer.
pub(crate) async fn health(Shared(state): Shared<State>) -> Result<Json<Value>, Error> {
    state
        .database
        .client()
        .await?
        .query_one("select 1", &[])
        .await?;
    Ok(Json(json!({
        "version": concat!("v", env!("CARGO_PKG_VERSION")),
        "name": env!("CARGO_PKG_NAME"),
        "description": "A stand-in for Supabase Auth on one machine",
    })))
}

/// Which ways to sign in there are.
pub(crate) async fn settings(Shared(state): Shared<State>) -> Json<Value> {
    Json(json!({
        "external": { "email": true, "phone": false, "anonymous_users": false },
        "disable_signup": false,
        "mailer_autoconfirm": !state.config.confirm_email,
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false,
    }))
}

/// The public key that verifies tokens.
pub(crate) async fn jwks(Shared(state): Shared<State>) -> impl IntoResponse {
    let keys = JwkSet {
        keys: vec![state.tokens.jwk().clone()],
    };
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(keys))
}

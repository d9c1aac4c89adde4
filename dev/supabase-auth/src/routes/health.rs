//! `GET /health`, `/settings` and `/.well-known/*`: what clients ask before they sign in.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

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

/// Other ways to sign in that Supabase knows; none of them is switched on.
const PROVIDERS: [&str; 24] = [
    "anonymous_users",
    "apple",
    "azure",
    "bitbucket",
    "discord",
    "facebook",
    "figma",
    "fly",
    "github",
    "gitlab",
    "google",
    "kakao",
    "keycloak",
    "linkedin",
    "linkedin_oidc",
    "notion",
    "phone",
    "slack",
    "slack_oidc",
    "spotify",
    "twitch",
    "twitter",
    "workos",
    "zoom",
];

/// Which ways to sign in there are.
pub(crate) async fn settings(Shared(state): Shared<State>) -> Json<Value> {
    let providers = PROVIDERS
        .iter()
        .map(|name| ((*name).to_owned(), json!(false)));
    let mut external: Map<String, Value> = providers.collect();
    external.insert("email".to_owned(), json!(true));
    let policy = &state.config.policy;
    Json(json!({
        "external": external,
        "disable_signup": policy.disable_signup,
        "mailer_autoconfirm": !policy.confirm_email,
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false,
    }))
}

/// The public keys that verify tokens.
pub(crate) async fn jwks(Shared(state): Shared<State>) -> impl IntoResponse {
    let keys = state.tokens.jwks();
    ([(header::CACHE_CONTROL, "public, max-age=600")], Json(keys))
}

/// Where programs that know OpenID Connect find the issuer and its keys.
pub(crate) async fn discovery(Shared(state): Shared<State>) -> impl IntoResponse {
    let issuer = state.config.issuer();
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/user"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256", "plain"],
    });
    (
        [(header::CACHE_CONTROL, "public, max-age=600")],
        Json(document),
    )
}

//! `POST /token?grant_type=password|refresh_token|pkce`: a session for a password, for the last token or for a code.

use axum::Json;
use axum::extract::State as Shared;
use jiff::Timestamp;
use serde::Deserialize;

use super::{pkce, refresh};
use crate::db::users;
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Agent, Body, Query};
use crate::session::{self, Session};
use crate::state::State;

/// What any grant needs.
#[derive(Deserialize)]
pub(crate) struct Grant {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
    auth_code: Option<String>,
    code_verifier: Option<String>,
}

/// Grants a session.
pub(crate) async fn handle(
    Shared(state): Shared<State>,
    query: Query,
    Agent(agent): Agent,
    Body(body): Body<Grant>,
) -> Result<Json<Session>, Error> {
    let session = match query.get("grant_type") {
        Some("password") => by_password(&state, body, agent.as_deref()).await?,
        Some("refresh_token") => {
            let token = body.refresh_token.unwrap_or_default();
            refresh::grant(&state, &token).await?
        }
        Some("pkce") => {
            let code = body.auth_code.unwrap_or_default();
            let verifier = body.code_verifier.unwrap_or_default();
            pkce::grant(&state, &code, &verifier, agent.as_deref()).await?
        }
        Some("id_token") => return Err(Error::ProviderDisabled),
        Some("web3") => return Err(Error::Web3Disabled),
        _ => return Err(Error::UnsupportedGrantType),
    };
    Ok(Json(session))
}

async fn by_password(state: &State, body: Grant, agent: Option<&str>) -> Result<Session, Error> {
    if body.phone.is_some_and(|phone| !phone.is_empty()) {
        return Err(Error::PhoneDisabled("Phone logins are disabled"));
    }
    let email = body.email.filter(|email| !email.is_empty());
    let email = email.ok_or(Error::Invalid("missing email or phone"))?;
    // A text that is no address is an unknown one: same answer, same time.
    let user = match Email::parse(&email) {
        Ok(email) => {
            let mut client = state.database.client().await?;
            let tx = client.transaction().await?;
            let user = users::find_by_email(&tx, &email).await?;
            tx.commit().await?;
            user
        }
        Err(_) => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    // No connection is held while the password is hashed.
    let matches = state
        .passwords
        .verify(body.password.unwrap_or_default(), hash)
        .await?;
    let user = user.filter(|_| matches).ok_or(Error::InvalidCredentials)?;
    if user.is_banned(Timestamp::now()) {
        return Err(Error::BannedAtSignIn);
    }
    if state.config.policy.confirm_email && user.email_confirmed_at.is_none() {
        return Err(Error::EmailNotConfirmed);
    }
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    // Deleted, or the password changed, while it was being checked: start over.
    let now = users::find(&tx, user.id)
        .await?
        .filter(|now| now.password_hash == user.password_hash);
    now.ok_or(Error::InvalidCredentials)?;
    let session = session::start(state, &tx, user.id, "password", agent).await?;
    tx.commit().await?;
    Ok(session)
}

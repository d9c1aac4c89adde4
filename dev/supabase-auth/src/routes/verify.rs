//! `GET` and `POST /verify`: a mail's link or code becomes a session.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use crate::db::one_time_tokens::{self, Proof};
use crate::db::{Tx, users};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Agent, Body, Query};
use crate::mail::Kind;
use crate::redirect;
use crate::session::{self, Session};
use crate::state::State;

/// A code with its address, or the hash from a link.
#[derive(Deserialize)]
pub(crate) struct Verify {
    #[serde(rename = "type")]
    kind: Option<String>,
    email: Option<String>,
    token: Option<String>,
    token_hash: Option<String>,
}

/// Takes a code, or a hash that the site's own page has read from a link.
pub(crate) async fn by_code(
    Shared(state): Shared<State>,
    Agent(agent): Agent,
    Body(body): Body<Verify>,
) -> Result<Json<Session>, Error> {
    let kinds = kinds(body.kind.as_deref().unwrap_or_default())?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let proof = match (body.token_hash, body.email, body.token) {
        (Some(hash), None, None) => one_time_tokens::take_by_hash(&tx, kinds, &hash).await?,
        (None, Some(email), Some(code)) => {
            let email = Email::parse(&email)?;
            one_time_tokens::take_by_code(&tx, kinds, &email, &code).await?
        }
        _ => {
            return Err(Error::Invalid(
                "Only the token_hash and type, or the email, token and type, should be provided",
            ));
        }
    };
    let Some(proof) = proof else {
        // Commit: the failure counts.
        tx.commit().await?;
        return Err(Error::CodeExpired);
    };
    let session = honour(&state, &tx, &proof, agent.as_deref()).await?;
    tx.commit().await?;
    Ok(Json(session))
}

/// Takes a link from a mail; always leads back to a page, with the session or the error in the fragment.
pub(crate) async fn by_link(
    Shared(state): Shared<State>,
    query: Query,
    Agent(agent): Agent,
    headers: HeaderMap,
) -> Response {
    let mut target = redirect::target(&state.config.site_url, query.get("redirect_to"), &headers);
    let kind = query.get("type").unwrap_or_default();
    let token = query
        .get("token")
        .or_else(|| query.get("token_hash"))
        .unwrap_or_default();
    match take_link(&state, kind, token, agent.as_deref()).await {
        Ok(session) => {
            set_fragment(
                &mut target,
                &[
                    ("access_token", &session.access_token),
                    ("expires_at", &session.expires_at.to_string()),
                    ("expires_in", &session.expires_in.to_string()),
                    ("refresh_token", &session.refresh_token),
                    ("sb", ""),
                    ("token_type", "bearer"),
                    ("type", kind),
                ],
            );
            see_other(&target)
        }
        Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => error.into_response(),
        Err(error) => {
            set_fragment(
                &mut target,
                &[
                    ("error", "access_denied"),
                    ("error_code", error.code()),
                    ("error_description", &error.to_string()),
                    ("sb", ""),
                ],
            );
            see_other(&target)
        }
    }
}

async fn take_link(
    state: &State,
    kind: &str,
    token: &str,
    agent: Option<&str>,
) -> Result<Session, Error> {
    let kinds = kinds(kind)?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let proof = one_time_tokens::take_by_hash(&tx, kinds, token).await?;
    let session = honour(state, &tx, &proof.ok_or(Error::LinkExpired)?, agent).await?;
    tx.commit().await?;
    Ok(session)
}

/// Which kinds of token a type accepts; `email` is the newer word for both ways to sign in.
fn kinds(text: &str) -> Result<&'static [Kind], Error> {
    match text {
        "signup" => Ok(&[Kind::Signup]),
        "recovery" => Ok(&[Kind::Recovery]),
        "magiclink" => Ok(&[Kind::Magiclink]),
        "email" => Ok(&[Kind::Signup, Kind::Magiclink]),
        "email_change" => Ok(&[Kind::EmailChange]),
        _ => Err(Error::Invalid("Verify requires a verification type")),
    }
}

/// Does what the mail was sent for: the address is proven, and its reader signed in.
async fn honour(
    state: &State,
    tx: &Tx<'_>,
    proof: &Proof,
    agent: Option<&str>,
) -> Result<Session, Error> {
    let user = users::find(tx, proof.user_id)
        .await?
        .ok_or(Error::CodeExpired)?;
    if user.is_banned(Timestamp::now()) {
        return Err(Error::Banned);
    }
    let expected = match proof.kind {
        Kind::EmailChange => user.new_email.as_deref(),
        _ => Some(user.email.as_str()),
    };
    // The address was changed since the mail was sent.
    if expected != Some(&proof.email) {
        return Err(Error::CodeExpired);
    }
    users::save_email(tx, user.id, &proof.email).await?;
    session::start(state, tx, user.id, "otp", agent).await
}

fn set_fragment(target: &mut Url, pairs: &[(&str, &str)]) {
    let fragment = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    target.set_fragment(Some(&fragment));
}

fn see_other(target: &Url) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, target.as_str())]).into_response()
}

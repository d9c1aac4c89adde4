//! `GET` and `POST /verify`: a mail's link or code becomes a session.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use url::{Url, form_urlencoded};
use uuid::Uuid;

use crate::db::one_time_tokens::{self, Proof};
use crate::db::{Tx, flow_states, users};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Agent, Body, Query};
use crate::mail::{Kind, PKCE_PREFIX};
use crate::redirect;
use crate::session::{self, Session};
use crate::state::State;
use crate::user::User;

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
            one_time_tokens::take_by_code(&tx, kinds, email.as_str(), &code).await?
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
    let user = honour(&tx, &proof).await?;
    let session = session::start(&state, &tx, user.id, "otp", agent.as_deref()).await?;
    tx.commit().await?;
    Ok(Json(session))
}

/// What a link is worth.
enum Arrival {
    Session(Box<Session>),
    /// To be exchanged by the client that asked for the mail.
    Code(Uuid),
}

/// Takes a link from a mail; always leads back to a page: with the session in the fragment, with the code in the query,
/// or with the error in the fragment (and the query, for a client that looks for its code there).
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
        Ok(Arrival::Code(code)) => {
            target
                .query_pairs_mut()
                .append_pair("code", &code.to_string());
            see_other(&target)
        }
        Ok(Arrival::Session(session)) => {
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
            let description = error.to_string();
            let pairs = [
                ("error", "access_denied"),
                ("error_code", error.code()),
                ("error_description", &description),
                ("sb", ""),
            ];
            if token.starts_with(PKCE_PREFIX) {
                target.query_pairs_mut().extend_pairs(&pairs[..3]);
            }
            set_fragment(&mut target, &pairs);
            see_other(&target)
        }
    }
}

async fn take_link(
    state: &State,
    kind: &str,
    token: &str,
    agent: Option<&str>,
) -> Result<Arrival, Error> {
    let kinds = kinds(kind)?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let proof = one_time_tokens::take_by_hash(&tx, kinds, token).await?;
    let proof = proof.ok_or(Error::LinkExpired)?;
    let user = honour(&tx, &proof).await?;
    let arrival = if let Some(id) = proof.flow_state_id {
        Arrival::Code(flow_states::issue_code(&tx, id).await?)
    } else {
        let session = session::start(state, &tx, user.id, "otp", agent).await?;
        Arrival::Session(Box::new(session))
    };
    tx.commit().await?;
    Ok(arrival)
}

/// Which kinds of token a type accepts; `email` is the newer word for both ways to sign in.
fn kinds(text: &str) -> Result<&'static [Kind], Error> {
    match text {
        "signup" => Ok(&[Kind::Signup]),
        "invite" => Ok(&[Kind::Invite]),
        "recovery" => Ok(&[Kind::Recovery]),
        "magiclink" => Ok(&[Kind::Magiclink]),
        "email" => Ok(&[Kind::Signup, Kind::Magiclink, Kind::Invite]),
        "email_change" => Ok(&[Kind::EmailChange]),
        _ => Err(Error::Invalid("Verify requires a verification type")),
    }
}

/// Does what the mail was sent for: the address is proven to be its reader's.
async fn honour(tx: &Tx<'_>, proof: &Proof) -> Result<User, Error> {
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
    users::save_email(tx, user.id, &proof.email, true).await?;
    Ok(user)
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

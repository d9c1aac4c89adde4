//! `POST /signup`: makes a user, signed in at once or after the address is confirmed.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::db::Tx;
use crate::db::users::{self, NewUser};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Agent, Body, Query};
use crate::mail::{self, Kind, Landing};
use crate::pkce::Challenge;
use crate::state::State;
use crate::user::{User, email_provider};
use crate::{passwords, session};

/// What the client library sends; captcha tokens and the like are of no use here.
#[derive(Deserialize)]
pub(crate) struct Signup {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// Signs a new user up: a session, or (when addresses are confirmed) the bare user.
pub(crate) async fn handle(
    Shared(state): Shared<State>,
    query: Query,
    Agent(agent): Agent,
    headers: HeaderMap,
    Body(body): Body<Signup>,
) -> Result<Response, Error> {
    let (email, password) = check(&body)?;
    if state.config.policy.disable_signup {
        return Err(Error::SignupDisabled);
    }
    let challenge = Challenge::parse(
        body.code_challenge.as_deref(),
        body.code_challenge_method.as_deref(),
    )?;
    // Hashed before the address is looked at, so that the time tells nothing about it.
    let password_hash = state.passwords.hash(password).await?;
    let data = Value::Object(body.data.unwrap_or_default());
    let id = Uuid::new_v4();
    let new = NewUser {
        id,
        email: &email,
        password_hash: Some(&password_hash),
        role: "authenticated",
        app_metadata: &email_provider(),
        user_metadata: &data,
        confirmed: !state.config.policy.confirm_email,
    };
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let is_new = users::insert(&tx, &new).await?;
    let answer = if state.config.policy.confirm_email {
        let landing = Landing::new(&state, query.get("redirect_to"), &headers, challenge);
        Json(ask_to_confirm(&state, &tx, &email, data, &landing).await?).into_response()
    } else if is_new {
        Json(session::start(&state, &tx, id, "password", agent.as_deref()).await?).into_response()
    } else {
        return Err(Error::AlreadyRegistered);
    };
    tx.commit().await?;
    Ok(answer)
}

fn check(body: &Signup) -> Result<(Email, String), Error> {
    let email = body.email.as_deref().unwrap_or_default();
    if body.phone.as_deref().is_some_and(|phone| !phone.is_empty()) {
        return Err(Error::PhoneDisabled("Phone signups are disabled"));
    }
    if email.is_empty() {
        return Err(Error::AnonymousDisabled);
    }
    let password = body
        .password
        .as_deref()
        .filter(|password| !password.is_empty());
    let password = password.ok_or(Error::Invalid("Signup requires a valid password"))?;
    passwords::check(password)?;
    Ok((Email::parse(email)?, password.to_owned()))
}

/// Mails the user behind an address, new or still unconfirmed; a confirmed one hears nothing, and who
/// asked is shown a user that does not exist.
async fn ask_to_confirm(
    state: &State,
    tx: &Tx<'_>,
    email: &Email,
    data: Value,
    landing: &Landing,
) -> Result<User, Error> {
    let user = users::find_by_email(tx, email)
        .await?
        .ok_or(Error::Conflict)?;
    if user.email_confirmed_at.is_some() {
        return Ok(User::obfuscated(email.as_str(), data, Timestamp::now()));
    }
    mail::send(state, tx, &user, Kind::Signup, email.as_str(), landing).await?;
    users::find(tx, user.id).await?.ok_or(Error::Conflict)
}

//! `GET` and `PUT /user`: the caller's own record.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::db::sessions::{self, Scope};
use crate::db::users::Metadata;
use crate::db::{Tx, one_time_tokens, users};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Body, Caller, Query};
use crate::mail::{self, Kind, Landing};
use crate::passwords;
use crate::pkce::Challenge;
use crate::policy::PasswordChange;
use crate::state::State;
use crate::user::User;

/// How long after signing in a password can be changed without a code, in seconds.
const RECENT_SECONDS: i64 = 24 * 60 * 60;

/// What a user may change about themselves.
#[derive(Deserialize)]
pub(crate) struct Change {
    email: Option<String>,
    password: Option<String>,
    current_password: Option<String>,
    /// The code of a mail that `/reauthenticate` sent.
    nonce: Option<String>,
    data: Option<Map<String, Value>>,
    app_metadata: Option<Value>,
    phone: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

/// Shows the caller.
pub(crate) async fn read(caller: Caller) -> Json<User> {
    Json(caller.user)
}

/// Changes the caller; all of it or nothing.
pub(crate) async fn change(
    Shared(state): Shared<State>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
    Body(mut body): Body<Change>,
) -> Result<Json<User>, Error> {
    if body.app_metadata.is_some() {
        return Err(Error::NotAdmin);
    }
    if body.phone.as_deref().is_some_and(|phone| !phone.is_empty()) {
        return Err(Error::PhoneDisabled("Phone numbers are disabled"));
    }
    let challenge = Challenge::parse(
        body.code_challenge.as_deref(),
        body.code_challenge_method.as_deref(),
    )?;
    let email = body.email.as_deref().filter(|email| !email.is_empty());
    let email = email.map(Email::parse).transpose()?;
    let password = body.password.take().filter(|password| !password.is_empty());
    let password_hash = match password {
        Some(password) => Some(new_hash(&state, &caller, &mut body, password).await?),
        None => None,
    };

    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    if let Some(hash) = password_hash {
        users::save_password(&tx, caller.user.id, &hash).await?;
        // Whoever else knew the old password is out.
        sessions::delete(&tx, caller.user.id, caller.session.id, Scope::Others).await?;
    }
    if let Some(data) = body.data {
        let data = Value::Object(data);
        users::merge_metadata(&tx, caller.user.id, Metadata::User, &data).await?;
    }
    if let Some(email) = email.filter(|email| email.as_str() != caller.user.email) {
        let landing = Landing::new(&state, query.get("redirect_to"), &headers, challenge);
        change_email(&state, &tx, &caller.user, &email, &landing).await?;
    }
    let user = users::find(&tx, caller.user.id)
        .await?
        .ok_or(Error::CallerGone)?;
    tx.commit().await?;
    Ok(Json(user))
}

/// The hash of a password that the caller may set.
async fn new_hash(
    state: &State,
    caller: &Caller,
    change: &mut Change,
    password: String,
) -> Result<String, Error> {
    passwords::check(&password)?;
    require_current(state, caller, change.current_password.take()).await?;
    let hash = caller.user.password_hash.clone();
    if state.passwords.verify(password.clone(), hash).await? {
        return Err(Error::SamePassword);
    }
    require_nonce(state, caller, change.nonce.as_deref()).await?;
    state.passwords.hash(password).await
}

/// The password of now, where it is given or asked for. Who came without one, by a mail, has none to give.
async fn require_current(
    state: &State,
    caller: &Caller,
    current: Option<String>,
) -> Result<(), Error> {
    let hash = caller.user.password_hash.clone();
    let is_asked_for = state.config.policy.password_change == PasswordChange::Current
        && caller.session.is_by_password()
        && hash.is_some();
    let Some(current) = current.filter(|current| !current.is_empty()) else {
        let refusal = Err(Error::CurrentPasswordRequired);
        return if is_asked_for { refusal } else { Ok(()) };
    };
    if state.passwords.verify(current, hash).await? {
        Ok(())
    } else {
        Err(Error::CurrentPasswordInvalid)
    }
}

/// The code of a mail, where it is asked for. It is used up even if the change then fails.
async fn require_nonce(state: &State, caller: &Caller, nonce: Option<&str>) -> Result<(), Error> {
    let age = Timestamp::now().as_second() - caller.session.created_at.as_second();
    if state.config.policy.password_change != PasswordChange::Nonce || age < RECENT_SECONDS {
        return Ok(());
    }
    let nonce = nonce.filter(|nonce| !nonce.is_empty());
    let nonce = nonce.ok_or(Error::ReauthenticationNeeded)?;
    let kinds = [Kind::Reauthentication];
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let proof = one_time_tokens::take_by_code(&tx, &kinds, &caller.user.email, nonce).await?;
    // Also when it failed: the failure counts.
    tx.commit().await?;
    proof.map(|_| ()).ok_or(Error::NonceInvalid)
}

/// At once, or once the mail to the new address is answered.
async fn change_email(
    state: &State,
    tx: &Tx<'_>,
    user: &User,
    email: &Email,
    landing: &Landing,
) -> Result<(), Error> {
    if users::find_by_email(tx, email).await?.is_some() {
        return Err(Error::EmailExists);
    }
    if !state.config.policy.confirm_email {
        return users::save_email(tx, user.id, email.as_str(), true).await;
    }
    users::save_new_email(tx, user.id, email).await?;
    mail::send(state, tx, user, Kind::EmailChange, email.as_str(), landing).await
}

//! `GET` and `PUT /user`: the caller's own record.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{landing, refuse_pkce};
use crate::db::sessions::{self, Scope};
use crate::db::{Tx, users};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Body, Caller, Query};
use crate::mail::{self, Kind, Landing};
use crate::passwords;
use crate::state::State;
use crate::user::User;

/// What a user may change about themselves.
#[derive(Deserialize)]
pub(crate) struct Change {
    email: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
    app_metadata: Option<Value>,
    phone: Option<String>,
    code_challenge: Option<String>,
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
    Body(body): Body<Change>,
) -> Result<Json<User>, Error> {
    if body.app_metadata.is_some() {
        return Err(Error::NotAdmin);
    }
    if body.phone.as_deref().is_some_and(|phone| !phone.is_empty()) {
        return Err(Error::Invalid("Phone numbers are not supported"));
    }
    let email = body.email.filter(|email| !email.is_empty());
    let email = email.as_deref().map(Email::parse).transpose()?;
    let password = body.password.filter(|password| !password.is_empty());
    let password_hash = match password {
        Some(password) => Some(new_hash(&state, &caller.user, password).await?),
        None => None,
    };

    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    if let Some(hash) = password_hash {
        users::save_password(&tx, caller.user.id, &hash).await?;
        // Whoever else knew the old password is out.
        sessions::delete(&tx, caller.user.id, caller.session_id, Scope::Others).await?;
    }
    if let Some(data) = body.data {
        users::merge_metadata(&tx, caller.user.id, &Value::Object(data)).await?;
    }
    if let Some(email) = email.filter(|email| email.as_str() != caller.user.email) {
        refuse_pkce(
            body.code_challenge
                .as_deref()
                .filter(|_| state.config.confirm_email),
        )?;
        let landing = landing(&state, &query, &headers);
        change_email(&state, &tx, &caller.user, &email, &landing).await?;
    }
    let user = users::find(&tx, caller.user.id)
        .await?
        .ok_or(Error::CallerGone)?;
    tx.commit().await?;
    Ok(Json(user))
}

async fn new_hash(state: &State, user: &User, password: String) -> Result<String, Error> {
    passwords::check(&password)?;
    if state
        .passwords
        .verify(password.clone(), user.password_hash.clone())
        .await?
    {
        return Err(Error::SamePassword);
    }
    state.passwords.hash(password).await
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
    if !state.config.confirm_email {
        return users::save_email(tx, user.id, email.as_str()).await;
    }
    users::save_new_email(tx, user.id, email).await?;
    mail::send(
        state,
        tx,
        user.id,
        Kind::EmailChange,
        email.as_str(),
        landing,
    )
    .await
}

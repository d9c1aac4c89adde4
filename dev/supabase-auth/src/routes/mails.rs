//! `POST /recover`, `/resend` and `/otp`: mails. Whether an address is known shows in no answer.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{landing, refuse_pkce};
use crate::db::Tx;
use crate::db::users::{self, NewUser};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Body, Query};
use crate::mail::{self, Kind};
use crate::state::State;
use crate::user::{User, email_provider};

/// What any of the three needs.
#[derive(Deserialize)]
pub(crate) struct Wish {
    email: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    create_user: Option<bool>,
    data: Option<Map<String, Value>>,
    code_challenge: Option<String>,
}

impl Wish {
    fn email(&self) -> Result<Email, Error> {
        refuse_pkce(self.code_challenge.as_deref())?;
        Email::parse(self.email.as_deref().unwrap_or_default())
    }
}

/// Mails a link to set a new password.
pub(crate) async fn recover(
    Shared(state): Shared<State>,
    query: Query,
    headers: HeaderMap,
    Body(wish): Body<Wish>,
) -> Result<Json<Value>, Error> {
    let email = wish.email()?;
    let landing = landing(&state, &query, &headers);
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    if let Some(user) = users::find_by_email(&tx, &email).await? {
        mail::send(
            &state,
            &tx,
            user.id,
            Kind::Recovery,
            email.as_str(),
            &landing,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(Json(json!({})))
}

/// Mails again what waits for an answer.
pub(crate) async fn resend(
    Shared(state): Shared<State>,
    query: Query,
    headers: HeaderMap,
    Body(wish): Body<Wish>,
) -> Result<Json<Value>, Error> {
    let email = wish.email()?;
    let landing = landing(&state, &query, &headers);
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = users::find_by_email(&tx, &email).await?;
    let waiting = match (wish.kind.as_deref(), &user) {
        (Some("signup"), Some(user)) => user
            .email_confirmed_at
            .is_none()
            .then(|| (Kind::Signup, user.email.clone())),
        // Asked for by the address of now, sent to the one to come.
        (Some("email_change"), Some(user)) => user
            .new_email
            .clone()
            .map(|new_email| (Kind::EmailChange, new_email)),
        (Some("signup" | "email_change"), None) => None,
        _ => {
            return Err(Error::Invalid(
                "Missing one of these types: signup, email_change",
            ));
        }
    };
    if let (Some(user), Some((kind, address))) = (&user, waiting) {
        mail::send(&state, &tx, user.id, kind, &address, &landing).await?;
    }
    tx.commit().await?;
    Ok(Json(json!({})))
}

/// Mails a link to sign in without a password, to a new user too unless the client says otherwise.
pub(crate) async fn otp(
    Shared(state): Shared<State>,
    query: Query,
    headers: HeaderMap,
    Body(wish): Body<Wish>,
) -> Result<Json<Value>, Error> {
    let email = wish.email()?;
    let landing = landing(&state, &query, &headers);
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = match users::find_by_email(&tx, &email).await? {
        Some(user) => user,
        None if wish.create_user == Some(false) => return Err(Error::OtpDisabled),
        None => create(&tx, &email, wish.data.unwrap_or_default()).await?,
    };
    mail::send(
        &state,
        &tx,
        user.id,
        Kind::Magiclink,
        email.as_str(),
        &landing,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn create(tx: &Tx<'_>, email: &Email, data: Map<String, Value>) -> Result<User, Error> {
    let new = NewUser {
        id: Uuid::new_v4(),
        email,
        password_hash: None,
        role: "authenticated",
        app_metadata: &email_provider(),
        user_metadata: &Value::Object(data),
        confirmed: false,
    };
    users::insert(tx, &new).await?;
    users::find_by_email(tx, email)
        .await?
        .ok_or(Error::Conflict)
}

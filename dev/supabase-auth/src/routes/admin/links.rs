//! `POST /invite` and `/admin/generate_link`: an operator has a link mailed, or mails it by other means.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::password_hash;
use crate::db::{Tx, users};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Admin, Body, Query};
use crate::mail::{self, Kind, Landing};
use crate::routes::mails;
use crate::state::State;
use crate::user::User;

/// Whom to invite.
#[derive(Deserialize)]
pub(crate) struct Invitation {
    email: Option<String>,
    data: Option<Map<String, Value>>,
}

/// Makes a user and mails them; one who has not answered yet is mailed again.
pub(crate) async fn invite(
    Shared(state): Shared<State>,
    _: Admin,
    query: Query,
    headers: HeaderMap,
    Body(body): Body<Invitation>,
) -> Result<Json<User>, Error> {
    let email = Email::parse(body.email.as_deref().unwrap_or_default())?;
    let landing = Landing::new(&state, query.get("redirect_to"), &headers, None);
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = unconfirmed(&tx, &email, body.data.unwrap_or_default()).await?;
    mail::send(&state, &tx, &user, Kind::Invite, email.as_str(), &landing).await?;
    let user = users::find(&tx, user.id).await?.ok_or(Error::Conflict)?;
    tx.commit().await?;
    Ok(Json(user))
}

/// A link to make.
#[derive(Deserialize)]
pub(crate) struct Wish {
    #[serde(rename = "type")]
    kind: Option<String>,
    email: Option<String>,
    new_email: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
    redirect_to: Option<String>,
}

/// Makes a link and a code, without a mail, and shows them with the user whose they are.
pub(crate) async fn generate_link(
    Shared(state): Shared<State>,
    _: Admin,
    headers: HeaderMap,
    Body(wish): Body<Wish>,
) -> Result<Json<Value>, Error> {
    let email = Email::parse(wish.email.as_deref().unwrap_or_default())?;
    let (kind, name) = kind(wish.kind.as_deref().unwrap_or_default())?;
    let new_email = match kind {
        Kind::EmailChange => Some(Email::parse(wish.new_email.as_deref().unwrap_or_default())?),
        _ => None,
    };
    let hash = match kind {
        Kind::Signup => password_hash(&state, wish.password, None).await?,
        _ => None,
    };
    if kind == Kind::Signup && hash.is_none() {
        return Err(Error::Invalid("Signup requires a valid password"));
    }
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let data = wish.data.unwrap_or_default();
    let user = match kind {
        Kind::Signup | Kind::Invite => unconfirmed(&tx, &email, data).await?,
        Kind::Magiclink => match users::find_by_email(&tx, &email).await? {
            Some(user) => user,
            None => mails::create(&tx, &email, data).await?,
        },
        _ => users::find_by_email(&tx, &email)
            .await?
            .ok_or(Error::UserNotFound)?,
    };
    if let Some(hash) = &hash {
        users::save_password(&tx, user.id, hash).await?;
    }
    if let Some(new_email) = &new_email {
        if users::find_by_email(&tx, new_email).await?.is_some() {
            return Err(Error::EmailExists);
        }
        users::save_new_email(&tx, user.id, new_email).await?;
    }
    let address = new_email.as_ref().unwrap_or(&email);
    let landing = Landing::new(&state, wish.redirect_to.as_deref(), &headers, None);
    let letter = mail::write(&state, &tx, user.id, kind, address.as_str(), &landing).await?;
    let user = users::find(&tx, user.id).await?.ok_or(Error::Conflict)?;
    tx.commit().await?;

    let mut shown = serde_json::to_value(user).map_err(|error| Error::Internal(error.into()))?;
    shown["action_link"] = letter.link.as_str().into();
    shown["email_otp"] = letter.code.into();
    shown["hashed_token"] = letter.token_hash.into();
    shown["verification_type"] = name.into();
    shown["redirect_to"] = landing.target().into();
    Ok(Json(shown))
}

/// What the link is for, and its name towards the client.
fn kind(text: &str) -> Result<(Kind, &'static str), Error> {
    match text {
        "signup" => Ok((Kind::Signup, "signup")),
        "invite" => Ok((Kind::Invite, "invite")),
        "magiclink" => Ok((Kind::Magiclink, "magiclink")),
        "recovery" => Ok((Kind::Recovery, "recovery")),
        // An address is changed by a link to the new one alone.
        "email_change_new" => Ok((Kind::EmailChange, "email_change_new")),
        _ => Err(Error::Invalid("Unsupported link type")),
    }
}

/// The user behind an address, new or still unconfirmed.
async fn unconfirmed(tx: &Tx<'_>, email: &Email, data: Map<String, Value>) -> Result<User, Error> {
    match users::find_by_email(tx, email).await? {
        Some(user) if user.email_confirmed_at.is_some() => Err(Error::EmailExists),
        Some(user) => Ok(user),
        None => mails::create(tx, email, data).await,
    }
}

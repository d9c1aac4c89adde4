//! `PUT /admin/users/{id}`.

use axum::Json;
use axum::extract::State as Shared;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ban, check_role, password_hash};
use crate::db::users::Metadata;
use crate::db::{sessions, users};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Admin, Body, UserId};
use crate::state::State;
use crate::user::User;

/// What is to change; what is left out stays. What this stand-in cannot do is refused rather than left undone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Update {
    email: Option<String>,
    #[serde(default)]
    email_confirm: bool,
    password: Option<String>,
    password_hash: Option<String>,
    role: Option<String>,
    ban_duration: Option<String>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
}

/// Changes a user; all of it or nothing, and without a mail.
pub(crate) async fn update(
    Shared(state): Shared<State>,
    _: Admin,
    UserId(id): UserId,
    Body(body): Body<Update>,
) -> Result<Json<User>, Error> {
    let email = body.email.as_deref().filter(|email| !email.is_empty());
    let email = email.map(Email::parse).transpose()?;
    let role = body.role.filter(|role| !role.is_empty());
    role.as_deref().map_or(Ok(()), check_role)?;
    let ban = body.ban_duration.as_deref().map(ban::parse).transpose()?;
    let password_hash = password_hash(&state, body.password, body.password_hash).await?;

    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = users::find(&tx, id).await?.ok_or(Error::UserNotFound)?;
    for (of, data) in [
        (Metadata::User, body.user_metadata),
        (Metadata::App, body.app_metadata),
    ] {
        if let Some(data) = data {
            users::merge_metadata(&tx, id, of, &Value::Object(data)).await?;
        }
    }
    if email.is_some() || body.email_confirm {
        let address = email.as_ref().map_or(user.email.as_str(), Email::as_str);
        users::save_email(&tx, id, address, body.email_confirm).await?;
    }
    if let Some(role) = &role {
        users::save_role(&tx, id, role).await?;
    }
    if let Some(ban) = ban {
        users::save_ban(&tx, id, ban).await?;
    }
    if let Some(hash) = password_hash {
        users::save_password(&tx, id, &hash).await?;
        // Whoever knew the old password is out.
        sessions::delete_all(&tx, id).await?;
    }
    let user = users::find(&tx, id).await?.ok_or(Error::UserNotFound)?;
    tx.commit().await?;
    Ok(Json(user))
}

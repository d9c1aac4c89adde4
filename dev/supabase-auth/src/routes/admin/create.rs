//! `POST /admin/users`.

use axum::Json;
use axum::extract::State as Shared;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{ban, check_role, password_hash};
use crate::db::users::{self, NewUser};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Admin, Body};
use crate::state::State;
use crate::user::{User, email_provider};

/// A user to make. What this stand-in cannot do is refused rather than left undone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Creation {
    id: Option<Uuid>,
    email: Option<String>,
    password: Option<String>,
    password_hash: Option<String>,
    #[serde(default)]
    email_confirm: bool,
    role: Option<String>,
    ban_duration: Option<String>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
}

/// Makes a user, without a mail.
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _: Admin,
    Body(body): Body<Creation>,
) -> Result<Json<User>, Error> {
    let email = Email::parse(body.email.as_deref().unwrap_or_default())?;
    let role = body.role.filter(|role| !role.is_empty());
    let role = role.unwrap_or("authenticated".to_owned());
    check_role(&role)?;
    let ban = body.ban_duration.as_deref().map(ban::parse).transpose()?;
    let mut app_metadata = email_provider();
    for (name, value) in body.app_metadata.unwrap_or_default() {
        app_metadata[name] = value;
    }
    let password_hash = password_hash(&state, body.password, body.password_hash).await?;
    let new = NewUser {
        id: body.id.unwrap_or_else(Uuid::new_v4),
        email: &email,
        password_hash: password_hash.as_deref(),
        role: &role,
        app_metadata: &app_metadata,
        user_metadata: &Value::Object(body.user_metadata.unwrap_or_default()),
        confirmed: body.email_confirm,
    };
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    if !users::insert(&tx, &new).await? {
        let taken = users::find_by_email(&tx, &email).await?.is_some();
        return Err(if taken {
            Error::EmailExists
        } else {
            Error::IdExists
        });
    }
    if let Some(ban) = ban {
        users::save_ban(&tx, new.id, ban).await?;
    }
    let user = users::find(&tx, new.id).await?.ok_or(Error::UserNotFound)?;
    tx.commit().await?;
    Ok(Json(user))
}

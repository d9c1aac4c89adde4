//! `/admin/users`: an operator makes, sees and deletes users.

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::db::users::{self, NewUser};
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Admin, Body, OptionalBody, Query};
use crate::passwords;
use crate::state::State;
use crate::user::{User, email_provider};

const PER_PAGE: i64 = 50;
const MAX_PER_PAGE: i64 = 1000;
const MAX_ROLE_BYTES: usize = 64;

/// A user to make. What this stand-in cannot do is refused rather than left undone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Creation {
    id: Option<Uuid>,
    email: Option<String>,
    password: Option<String>,
    #[serde(default)]
    email_confirm: bool,
    role: Option<String>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
}

/// How to delete.
#[derive(Default, Deserialize)]
pub(crate) struct Deletion {
    #[serde(default)]
    should_soft_delete: bool,
}

/// Makes a user, without a mail.
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _: Admin,
    Body(body): Body<Creation>,
) -> Result<Json<User>, Error> {
    let email = Email::parse(body.email.as_deref().unwrap_or_default())?;
    let role = body
        .role
        .filter(|role| !role.is_empty())
        .unwrap_or("authenticated".to_owned());
    if role.len() > MAX_ROLE_BYTES {
        return Err(Error::Invalid("role is longer than 64 bytes"));
    }
    let password_hash = match body.password.filter(|password| !password.is_empty()) {
        Some(password) => {
            passwords::check(&password)?;
            Some(state.passwords.hash(password).await?)
        }
        None => None,
    };
    let mut app_metadata = email_provider();
    for (name, value) in body.app_metadata.unwrap_or_default() {
        app_metadata[name] = value;
    }
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
    let user = users::find(&tx, new.id).await?.ok_or(Error::UserNotFound)?;
    tx.commit().await?;
    Ok(Json(user))
}

/// One page of all users.
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _: Admin,
    query: Query,
) -> Result<(HeaderMap, Json<Value>), Error> {
    let page = number(&query, "page", 1)?;
    let per_page = number(&query, "per_page", PER_PAGE)?.min(MAX_PER_PAGE);
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let users = users::list(&tx, page, per_page).await?;
    let total = users::count(&tx).await?;
    tx.commit().await?;

    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_static("x-total-count"),
        HeaderValue::from(total),
    );
    let base = format!("{}/admin/users", state.config.issuer());
    let link = HeaderValue::from_str(&links(&base, page, per_page, total))
        .map_err(|error| Error::Internal(error.into()))?;
    headers.insert(header::LINK, link);
    Ok((
        headers,
        Json(json!({ "users": users, "aud": "authenticated" })),
    ))
}

/// One user.
pub(crate) async fn read(
    Shared(state): Shared<State>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Json<User>, Error> {
    let id = parse_id(&id)?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let user = users::find(&tx, id).await?.ok_or(Error::UserNotFound)?;
    tx.commit().await?;
    Ok(Json(user))
}

/// Deletes a user with their sessions; access tokens already out stay good until they expire.
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _: Admin,
    Path(id): Path<String>,
    OptionalBody(body): OptionalBody<Deletion>,
) -> Result<Json<Value>, Error> {
    let id = parse_id(&id)?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let deleted = if body.should_soft_delete {
        users::delete_softly(&tx, id).await?
    } else {
        users::delete(&tx, id).await?
    };
    if !deleted {
        return Err(Error::UserNotFound);
    }
    tx.commit().await?;
    Ok(Json(json!({})))
}

fn parse_id(id: &str) -> Result<Uuid, Error> {
    id.parse().map_err(|_| Error::UserIdNotUuid)
}

fn number(query: &Query, name: &str, default: i64) -> Result<i64, Error> {
    match query.get(name) {
        None | Some("") => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| *number >= 1)
            .ok_or(Error::Invalid("page and per_page are numbers from 1")),
    }
}

/// The `Link` header: the next page, if there is one, and the last.
fn links(base: &str, page: i64, per_page: i64, total: i64) -> String {
    let last = (total - 1).max(0) / per_page + 1;
    let link =
        |page: i64, rel: &str| format!("<{base}?page={page}&per_page={per_page}>; rel=\"{rel}\"");
    let last_link = link(last, "last");
    if page < last {
        format!("{}, {last_link}", link(page + 1, "next"))
    } else {
        last_link
    }
}

//! `/admin/*` and `/invite`: an operator makes, sees, changes and deletes users.

mod ban;
mod create;
mod links;
mod list;
mod update;

pub(crate) use create::create;
pub(crate) use links::{generate_link, invite};
pub(crate) use list::list;
pub(crate) use update::update;

use argon2::password_hash::phc::PasswordHash;
use axum::Json;
use axum::extract::State as Shared;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::db::users;
use crate::error::Error;
use crate::extract::{Admin, OptionalBody, UserId};
use crate::passwords;
use crate::state::State;
use crate::user::User;

const MAX_ROLE_BYTES: usize = 64;

/// How to delete.
#[derive(Default, Deserialize)]
pub(crate) struct Deletion {
    #[serde(default)]
    should_soft_delete: bool,
}

/// One user.
pub(crate) async fn read(
    Shared(state): Shared<State>,
    _: Admin,
    UserId(id): UserId,
) -> Result<Json<User>, Error> {
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
    UserId(id): UserId,
    OptionalBody(body): OptionalBody<Deletion>,
) -> Result<Json<Value>, Error> {
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

fn check_role(role: &str) -> Result<(), Error> {
    if role.len() > MAX_ROLE_BYTES {
        return Err(Error::Invalid("role is longer than 64 bytes"));
    }
    Ok(())
}

/// The hash to keep: of the password, or the one that an operator brings from elsewhere.
async fn password_hash(
    state: &State,
    password: Option<String>,
    hash: Option<String>,
) -> Result<Option<String>, Error> {
    let given = |value: Option<String>| value.filter(|value| !value.is_empty());
    match (given(password), given(hash)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::Invalid(
            "Only a password or a password hash should be provided",
        )),
        (Some(password), None) => {
            passwords::check(&password)?;
            Ok(Some(state.passwords.hash(password).await?))
        }
        (None, Some(hash)) => {
            let is_known = PasswordHash::new(&hash)
                .is_ok_and(|parsed| parsed.algorithm.as_str().starts_with("argon2"));
            let refusal = Error::Invalid("The password hash is not one of Argon2");
            is_known.then_some(Some(hash)).ok_or(refusal)
        }
    }
}

//! `auth.users`. A user who was softly deleted is no user to anybody here.

use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::{Tx, identities, time, time_or_none};
use crate::email::Email;
use crate::error::Error;
use crate::user::User;

/// A user to be.
pub(crate) struct NewUser<'a> {
    pub(crate) id: Uuid,
    pub(crate) email: &'a Email,
    pub(crate) password_hash: Option<&'a str>,
    pub(crate) role: &'a str,
    pub(crate) app_metadata: &'a Value,
    pub(crate) user_metadata: &'a Value,
    pub(crate) confirmed: bool,
}

/// What is told about a user.
#[derive(Clone, Copy)]
pub(crate) enum Metadata {
    /// By administrators.
    App,
    /// By the user.
    User,
}

/// Makes a user and their identity; false if the address (or the id) is taken.
pub(crate) async fn insert(tx: &Tx<'_>, new: &NewUser<'_>) -> Result<bool, Error> {
    let inserted = tx
        .execute(
            "insert into auth.users (id, email, encrypted_password, role, raw_app_meta_data,
                raw_user_meta_data, email_confirmed_at)
             values ($1, $2, $3, $4, $5, $6::jsonb || $7, case when $8 then now() end)
             on conflict do nothing",
            &[
                &new.id,
                &new.email.as_str(),
                &new.password_hash,
                &new.role,
                new.app_metadata,
                new.user_metadata,
                &identities::data(new.id, new.email.as_str(), new.confirmed),
                &new.confirmed,
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(false);
    }
    identities::insert_email(tx, new.id, new.email.as_str(), new.confirmed).await?;
    Ok(true)
}

pub(crate) async fn find(tx: &Tx<'_>, id: Uuid) -> Result<Option<User>, Error> {
    let row = tx
        .query_opt(
            "select * from auth.users where id = $1 and deleted_at is null",
            &[&id],
        )
        .await?;
    with_identities(tx, row).await
}

pub(crate) async fn find_by_email(tx: &Tx<'_>, email: &Email) -> Result<Option<User>, Error> {
    let row = tx
        .query_opt(
            "select * from auth.users where email = $1 and deleted_at is null",
            &[&email.as_str()],
        )
        .await?;
    with_identities(tx, row).await
}

/// One page of all users, oldest first; `page` counts from 1.
pub(crate) async fn list(tx: &Tx<'_>, page: i64, per_page: i64) -> Result<Vec<User>, Error> {
    let rows = tx
        .query(
            "select * from auth.users where deleted_at is null
             order by created_at, id limit $1 offset $2",
            &[&per_page, &(page - 1).saturating_mul(per_page)],
        )
        .await?;
    let mut users = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut user = user(row)?;
        user.identities = identities::list(tx, user.id).await?;
        users.push(user);
    }
    Ok(users)
}

pub(crate) async fn count(tx: &Tx<'_>) -> Result<i64, Error> {
    let row = tx
        .query_one(
            "select count(*) from auth.users where deleted_at is null",
            &[],
        )
        .await?;
    Ok(row.try_get(0)?)
}

/// Notes that the user has just signed in.
pub(crate) async fn save_sign_in(tx: &Tx<'_>, id: Uuid) -> Result<(), Error> {
    tx.execute(
        "update auth.users set last_sign_in_at = now(), updated_at = now() where id = $1",
        &[&id],
    )
    .await?;
    tx.execute(
        "update auth.identities set last_sign_in_at = now() where user_id = $1",
        &[&id],
    )
    .await?;
    Ok(())
}

pub(crate) async fn save_password(tx: &Tx<'_>, id: Uuid, hash: &str) -> Result<(), Error> {
    tx.execute(
        "update auth.users set encrypted_password = $2, updated_at = now() where id = $1",
        &[&id, &hash],
    )
    .await?;
    Ok(())
}

/// Adds to what is told about a user; a null takes away.
pub(crate) async fn merge_metadata(
    tx: &Tx<'_>,
    id: Uuid,
    of: Metadata,
    data: &Value,
) -> Result<(), Error> {
    let column = match of {
        Metadata::App => "raw_app_meta_data",
        Metadata::User => "raw_user_meta_data",
    };
    let statement = format!(
        "update auth.users set updated_at = now(), {column} = ({column} || $2)
            - array(select key from jsonb_each($2) where value = 'null')
         where id = $1"
    );
    tx.execute(&statement, &[&id, data]).await?;
    Ok(())
}

/// Makes an address the user's own, and confirms it unless it is to stay as it is; also good to confirm the one that
/// they have.
pub(crate) async fn save_email(
    tx: &Tx<'_>,
    id: Uuid,
    email: &str,
    confirm: bool,
) -> Result<(), Error> {
    let row = tx
        .query_one(
            "update auth.users set email = $2, email_change = null, updated_at = now(),
                email_confirmed_at = coalesce(email_confirmed_at, case when $3 then now() end)
             where id = $1 returning email_confirmed_at is not null",
            &[&id, &email, &confirm],
        )
        .await
        .map_err(|error| match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => Error::EmailExists,
            _ => error.into(),
        })?;
    let is_confirmed = row.try_get(0)?;
    let data = identities::data(id, email, is_confirmed);
    merge_metadata(tx, id, Metadata::User, &data).await?;
    identities::save_email(tx, id, email, is_confirmed).await
}

/// Gives the user another role at the database.
pub(crate) async fn save_role(tx: &Tx<'_>, id: Uuid, role: &str) -> Result<(), Error> {
    tx.execute(
        "update auth.users set role = $2, updated_at = now() where id = $1",
        &[&id, &role],
    )
    .await?;
    Ok(())
}

/// Shuts the user out for so many seconds from now; for none, lets them in again.
pub(crate) async fn save_ban(tx: &Tx<'_>, id: Uuid, seconds: Option<f64>) -> Result<(), Error> {
    tx.execute(
        "update auth.users set banned_until = now() + make_interval(secs => $2), updated_at = now()
         where id = $1",
        &[&id, &seconds],
    )
    .await?;
    Ok(())
}

/// Notes the address that the user wishes to have.
pub(crate) async fn save_new_email(tx: &Tx<'_>, id: Uuid, email: &Email) -> Result<(), Error> {
    tx.execute(
        "update auth.users set email_change = $2, updated_at = now() where id = $1",
        &[&id, &email.as_str()],
    )
    .await?;
    Ok(())
}

/// Deletes a user and all that hangs on them; false if there is none.
pub(crate) async fn delete(tx: &Tx<'_>, id: Uuid) -> Result<bool, Error> {
    Ok(tx
        .execute("delete from auth.users where id = $1", &[&id])
        .await?
        > 0)
}

/// Keeps the row, for what refers to it, and removes the person from it; false if there is none.
pub(crate) async fn delete_softly(tx: &Tx<'_>, id: Uuid) -> Result<bool, Error> {
    let deleted = tx
        .execute(
            "update auth.users set deleted_at = now(), updated_at = now(), email_change = null,
                email = encode(sha256(convert_to(email, 'UTF8')), 'hex'), encrypted_password = null,
                raw_user_meta_data = '{}', raw_app_meta_data = '{}'
             where id = $1 and deleted_at is null",
            &[&id],
        )
        .await?;
    for table in ["identities", "sessions", "one_time_tokens"] {
        tx.execute(
            &format!("delete from auth.{table} where user_id = $1"),
            &[&id],
        )
        .await?;
    }
    Ok(deleted > 0)
}

async fn with_identities(tx: &Tx<'_>, row: Option<Row>) -> Result<Option<User>, Error> {
    let Some(row) = row else { return Ok(None) };
    let mut user = user(&row)?;
    user.identities = identities::list(tx, user.id).await?;
    Ok(Some(user))
}

fn user(row: &Row) -> Result<User, Error> {
    let email_confirmed_at = time_or_none(row, "email_confirmed_at")?;
    Ok(User {
        id: row.try_get("id")?,
        aud: row.try_get("aud")?,
        role: row.try_get("role")?,
        email: row
            .try_get::<_, Option<String>>("email")?
            .unwrap_or_default(),
        password_hash: row.try_get("encrypted_password")?,
        email_confirmed_at,
        phone: "",
        confirmation_sent_at: time_or_none(row, "confirmation_sent_at")?,
        confirmed_at: email_confirmed_at,
        recovery_sent_at: time_or_none(row, "recovery_sent_at")?,
        invited_at: time_or_none(row, "invited_at")?,
        reauthentication_sent_at: time_or_none(row, "reauthentication_sent_at")?,
        new_email: row.try_get("email_change")?,
        email_change_sent_at: time_or_none(row, "email_change_sent_at")?,
        last_sign_in_at: time_or_none(row, "last_sign_in_at")?,
        app_metadata: row.try_get("raw_app_meta_data")?,
        user_metadata: row.try_get("raw_user_meta_data")?,
        identities: Vec::new(),
        banned_until: time_or_none(row, "banned_until")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
        is_anonymous: row.try_get("is_anonymous")?,
    })
}

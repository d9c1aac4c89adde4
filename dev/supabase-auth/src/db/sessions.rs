//! `auth.sessions`: one row per sign-in, which sign-out deletes.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Tx, time, time_or_none};
use crate::error::Error;

/// A sign-in that lasts.
pub(crate) struct SessionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) aal: String,
    /// How it was won, as the token's claim `amr` tells.
    pub(crate) amr: Value,
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
    pub(crate) refreshed_at: Option<Timestamp>,
}

impl SessionRow {
    /// Whether the user won it by showing a password.
    pub(crate) fn is_by_password(&self) -> bool {
        let methods = self.amr.as_array().into_iter().flatten();
        methods
            .into_iter()
            .any(|method| method["method"] == "password")
    }
}

/// Which of a user's sessions to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// All of them.
    Global,
    /// The one that asks.
    Local,
    /// All but the one that asks.
    Others,
}

/// Starts a session that was won by `method`.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    user_id: Uuid,
    method: &str,
    agent: Option<&str>,
    now: Timestamp,
) -> Result<SessionRow, Error> {
    let amr = json!([{ "method": method, "timestamp": now.as_second() }]);
    let row = tx
        .query_one(
            "insert into auth.sessions (user_id, amr, user_agent) values ($1, $2, $3) returning *",
            &[&user_id, &amr, &agent],
        )
        .await?;
    session(&row)
}

pub(crate) async fn find(
    tx: &Tx<'_>,
    id: Uuid,
    user_id: Uuid,
) -> Result<Option<SessionRow>, Error> {
    tx.query_opt(
        "select * from auth.sessions where id = $1 and user_id = $2",
        &[&id, &user_id],
    )
    .await?
    .as_ref()
    .map(session)
    .transpose()
}

/// The session that a refresh token belongs to, locked: refreshes of one session take turns.
pub(crate) async fn lock_by_refresh_token(
    tx: &Tx<'_>,
    token: &str,
) -> Result<Option<SessionRow>, Error> {
    tx.query_opt(
        "select * from auth.sessions
         where id = (select session_id from auth.refresh_tokens where token = $1) for update",
        &[&token],
    )
    .await?
    .as_ref()
    .map(session)
    .transpose()
}

pub(crate) async fn save_refresh(tx: &Tx<'_>, id: Uuid) -> Result<(), Error> {
    tx.execute(
        "update auth.sessions set refreshed_at = now(), updated_at = now() where id = $1",
        &[&id],
    )
    .await?;
    Ok(())
}

/// Ends every session of a user.
pub(crate) async fn delete_all(tx: &Tx<'_>, user_id: Uuid) -> Result<(), Error> {
    tx.execute("delete from auth.sessions where user_id = $1", &[&user_id])
        .await?;
    Ok(())
}

/// Ends sessions of a user, and with them their refresh tokens.
pub(crate) async fn delete(
    tx: &Tx<'_>,
    user_id: Uuid,
    asking: Uuid,
    scope: Scope,
) -> Result<(), Error> {
    let (own, others) = match scope {
        Scope::Global => (true, true),
        Scope::Local => (true, false),
        Scope::Others => (false, true),
    };
    tx.execute(
        "delete from auth.sessions
         where user_id = $1 and ((id = $2 and $3) or (id <> $2 and $4))",
        &[&user_id, &asking, &own, &others],
    )
    .await?;
    Ok(())
}

fn session(row: &Row) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        aal: row.try_get("aal")?,
        amr: row.try_get("amr")?,
        not_after: time_or_none(row, "not_after")?,
        created_at: time(row, "created_at")?,
        refreshed_at: time_or_none(row, "refreshed_at")?,
    })
}

//! What a client is given when it has signed in or refreshed.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::db::sessions::SessionRow;
use crate::db::{Tx, refresh_tokens, sessions, users};
use crate::error::Error;
use crate::state::State;
use crate::user::User;

/// A session on the wire.
#[derive(Serialize)]
pub(crate) struct Session {
    pub(crate) access_token: String,
    token_type: &'static str,
    pub(crate) expires_in: i64,
    pub(crate) expires_at: i64,
    pub(crate) refresh_token: String,
    user: User,
}

/// Starts a session for a user who has just proved who they are by `method`.
pub(crate) async fn start(
    state: &State,
    tx: &Tx<'_>,
    user_id: Uuid,
    method: &str,
    agent: Option<&str>,
) -> Result<Session, Error> {
    let now = Timestamp::now();
    let row = sessions::insert(tx, user_id, method, agent, now).await?;
    let refresh_token = refresh_tokens::insert(tx, row.id, user_id, None).await?;
    users::save_sign_in(tx, user_id).await?;
    answer(state, tx, &row, refresh_token).await
}

/// A session with a fresh access token and the given refresh token.
pub(crate) async fn answer(
    state: &State,
    tx: &Tx<'_>,
    row: &SessionRow,
    refresh_token: String,
) -> Result<Session, Error> {
    let user = users::find(tx, row.user_id)
        .await?
        .ok_or(Error::UserNotFound)?;
    let minted = state
        .tokens
        .mint(Timestamp::now(), &user, row.id, &row.aal, &row.amr)?;
    Ok(Session {
        access_token: minted.token,
        token_type: "bearer",
        expires_in: minted.expires_in,
        expires_at: minted.expires_at,
        refresh_token,
        user,
    })
}

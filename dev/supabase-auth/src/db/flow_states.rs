//! `auth.flow_states`: sign-ins by mail that end with an exchange of a code (PKCE).

use tokio_postgres::Row;
use uuid::Uuid;

use super::Tx;
use crate::error::Error;
use crate::pkce::{Challenge, Method};

/// How long a code can be exchanged after its link was followed, in seconds.
const LIFETIME_SECONDS: i32 = 300;
/// When a sign-in is forgotten that nobody finished: later than its link could be followed, in seconds.
const FORGOTTEN_SECONDS: i32 = 2 * 86_400;

/// A sign-in that waits for its code to be exchanged.
pub(crate) struct FlowState {
    pub(crate) user_id: Uuid,
    pub(crate) challenge: Challenge,
    /// What the session will say about how it was won.
    pub(crate) authentication_method: String,
    pub(crate) is_expired: bool,
}

/// Begins a sign-in; old ones that came to nothing are removed.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    user_id: Uuid,
    challenge: &Challenge,
    authentication_method: &str,
) -> Result<Uuid, Error> {
    tx.execute(
        "delete from auth.flow_states where created_at < now() - make_interval(secs => $1::int)",
        &[&FORGOTTEN_SECONDS],
    )
    .await?;
    let row = tx
        .query_one(
            "insert into auth.flow_states (user_id, code_challenge, code_challenge_method,
                authentication_method)
             values ($1, $2, $3, $4) returning id",
            &[
                &user_id,
                &challenge.text,
                &challenge.method.as_str(),
                &authentication_method,
            ],
        )
        .await?;
    Ok(row.try_get(0)?)
}

/// Lets the code of a sign-in be exchanged from now on, and gives it.
pub(crate) async fn issue_code(tx: &Tx<'_>, id: Uuid) -> Result<Uuid, Error> {
    let row = tx
        .query_one(
            "update auth.flow_states set auth_code_issued_at = now() where id = $1
             returning auth_code",
            &[&id],
        )
        .await?;
    Ok(row.try_get(0)?)
}

/// The sign-in of a code that was given out, locked: it is exchanged once.
pub(crate) async fn lock_by_code(tx: &Tx<'_>, code: Uuid) -> Result<Option<FlowState>, Error> {
    tx.query_opt(
        "select *, auth_code_issued_at < now() - make_interval(secs => $2::int) as is_expired
         from auth.flow_states where auth_code = $1 and auth_code_issued_at is not null for update",
        &[&code, &LIFETIME_SECONDS],
    )
    .await?
    .as_ref()
    .map(flow_state)
    .transpose()
}

/// Ends a sign-in.
pub(crate) async fn delete(tx: &Tx<'_>, code: Uuid) -> Result<(), Error> {
    tx.execute(
        "delete from auth.flow_states where auth_code = $1",
        &[&code],
    )
    .await?;
    Ok(())
}

fn flow_state(row: &Row) -> Result<FlowState, Error> {
    let method: &str = row.try_get("code_challenge_method")?;
    Ok(FlowState {
        user_id: row.try_get("user_id")?,
        challenge: Challenge {
            text: row.try_get("code_challenge")?,
            method: Method::parse(method)
                .ok_or_else(|| Error::Internal(anyhow::anyhow!("unknown method {method}")))?,
        },
        authentication_method: row.try_get("authentication_method")?,
        is_expired: row.try_get("is_expired")?,
    })
}

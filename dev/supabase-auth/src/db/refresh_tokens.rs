//! `auth.refresh_tokens`: the chain of tokens of each session, of which one at most is active.

use uuid::Uuid;

use super::Tx;
use crate::error::Error;

const LENGTH: usize = 12;
const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A token of the chain.
pub(crate) struct RefreshToken {
    pub(crate) token: String,
    pub(crate) parent: Option<String>,
    pub(crate) revoked: bool,
    /// Whether it was exchanged so lately that a second use is no theft.
    pub(crate) reusable: bool,
}

/// Whether a text has the form of a token at all.
pub(crate) fn is_well_formed(token: &str) -> bool {
    token.len() == LENGTH && token.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Adds the next token to a session's chain; the one before must be revoked already.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    session_id: Uuid,
    user_id: Uuid,
    parent: Option<&str>,
) -> Result<String, Error> {
    let token = random();
    tx.execute(
        "insert into auth.refresh_tokens (token, session_id, user_id, parent)
         values ($1, $2, $3, $4)",
        &[&token, &session_id, &user_id, &parent],
    )
    .await?;
    Ok(token)
}

/// A token, which for `reuse_seconds` after its exchange is reusable.
pub(crate) async fn find(
    tx: &Tx<'_>,
    token: &str,
    reuse_seconds: i32,
) -> Result<Option<RefreshToken>, Error> {
    select(tx, "token = $2", &token, reuse_seconds).await
}

/// The one token of a session that can be exchanged, if its chain was not revoked.
pub(crate) async fn find_active(
    tx: &Tx<'_>,
    session_id: Uuid,
) -> Result<Option<RefreshToken>, Error> {
    select(tx, "session_id = $2 and not revoked", &session_id, 0).await
}

/// Marks a token as exchanged.
pub(crate) async fn revoke(tx: &Tx<'_>, token: &str) -> Result<(), Error> {
    tx.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now() where token = $1",
        &[&token],
    )
    .await?;
    Ok(())
}

/// Ends a session's whole chain.
pub(crate) async fn revoke_family(tx: &Tx<'_>, session_id: Uuid) -> Result<(), Error> {
    tx.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now()
         where session_id = $1 and not revoked",
        &[&session_id],
    )
    .await?;
    Ok(())
}

async fn select(
    tx: &Tx<'_>,
    condition: &str,
    value: &(dyn tokio_postgres::types::ToSql + Sync),
    reuse_seconds: i32,
) -> Result<Option<RefreshToken>, Error> {
    // clock_timestamp: now() is when the transaction began, which may be before the wait for the lock.
    let statement = format!(
        "select token, parent, revoked,
            updated_at > clock_timestamp() - make_interval(secs => $1::int) as reusable
         from auth.refresh_tokens where {condition}"
    );
    let Some(row) = tx.query_opt(&statement, &[&reuse_seconds, value]).await? else {
        return Ok(None);
    };
    Ok(Some(RefreshToken {
        token: row.try_get("token")?,
        parent: row.try_get("parent")?,
        revoked: row.try_get("revoked")?,
        reusable: row.try_get("reusable")?,
    }))
}

fn random() -> String {
    (0..LENGTH)
        .map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]))
        .collect()
}

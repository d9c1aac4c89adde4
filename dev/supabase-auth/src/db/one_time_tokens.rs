//! `auth.one_time_tokens`: what a mail carries to prove an address, as a link or as a code.

use tokio_postgres::Row;
use uuid::Uuid;

use super::Tx;
use crate::error::Error;
use crate::mail::{Kind, Letter};

/// How long a link or code is good, in seconds.
const LIFETIME_SECONDS: i32 = 86_400;
/// Wrong codes before a right one is no longer taken.
const MAX_FAILED_ATTEMPTS: i32 = 5;

/// What a token proved when it was used up.
pub(crate) struct Proof {
    pub(crate) user_id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) email: String,
    /// The sign-in that its client ends by exchanging a code.
    pub(crate) flow_state_id: Option<Uuid>,
}

/// Gives a user a new token of a kind; an older one of that kind is no longer good.
pub(crate) async fn replace(
    tx: &Tx<'_>,
    user_id: Uuid,
    kind: Kind,
    email: &str,
    letter: &Letter,
    flow_state_id: Option<Uuid>,
) -> Result<(), Error> {
    tx.execute(
        "insert into auth.one_time_tokens (user_id, token_type, email, token_hash, code, flow_state_id)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (user_id, token_type) do update set email = excluded.email,
            token_hash = excluded.token_hash, code = excluded.code, failed_attempts = 0,
            created_at = now(), flow_state_id = excluded.flow_state_id",
        &[
            &user_id,
            &kind.as_str(),
            &email,
            &letter.token_hash,
            &letter.code,
            &flow_state_id,
        ],
    )
    .await?;
    Ok(())
}

/// Uses up the token behind a link.
pub(crate) async fn take_by_hash(
    tx: &Tx<'_>,
    kinds: &[Kind],
    token_hash: &str,
) -> Result<Option<Proof>, Error> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    tx.query_opt(
        "delete from auth.one_time_tokens where token_hash = $1 and token_type = any($2)
            and created_at > now() - make_interval(secs => $3::int)
         returning *",
        &[&token_hash, &kinds, &LIFETIME_SECONDS],
    )
    .await?
    .as_ref()
    .map(proof)
    .transpose()
}

/// Uses up the token that an address and a code name, or counts the failure.
pub(crate) async fn take_by_code(
    tx: &Tx<'_>,
    kinds: &[Kind],
    email: &str,
    code: &str,
) -> Result<Option<Proof>, Error> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let taken = tx
        .query(
            "delete from auth.one_time_tokens where email = $1 and token_type = any($2)
                and code = $3 and failed_attempts < $4
                and created_at > now() - make_interval(secs => $5::int)
             returning *",
            &[
                &email,
                &kinds,
                &code,
                &MAX_FAILED_ATTEMPTS,
                &LIFETIME_SECONDS,
            ],
        )
        .await?;
    if let Some(row) = taken.first() {
        return proof(row).map(Some);
    }
    tx.execute(
        "update auth.one_time_tokens set failed_attempts = failed_attempts + 1
         where email = $1 and token_type = any($2)",
        &[&email, &kinds],
    )
    .await?;
    Ok(None)
}

fn proof(row: &Row) -> Result<Proof, Error> {
    let kind: &str = row.try_get("token_type")?;
    Ok(Proof {
        user_id: row.try_get("user_id")?,
        kind: Kind::parse(kind)
            .ok_or_else(|| Error::Internal(anyhow::anyhow!("unknown token type {kind}")))?,
        email: row.try_get("email")?,
        flow_state_id: row.try_get("flow_state_id")?,
    })
}

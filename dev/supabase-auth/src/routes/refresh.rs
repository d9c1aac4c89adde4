//! The refresh grant: each token is exchanged once, and a token that comes back ends its chain, but for
//! a client whose answer was lost and for tabs that race.

use jiff::Timestamp;

use crate::db::refresh_tokens::{self, RefreshToken};
use crate::db::sessions::{self, SessionRow};
use crate::db::{Tx, users};
use crate::error::Error;
use crate::session::{self, Session};
use crate::state::State;

/// What is to become of a token that was presented.
enum Verdict {
    /// The active one: exchange it.
    Rotate,
    /// Already exchanged, for good reason: hand out the active one again.
    HandOut(String),
    /// Already exchanged, for no good reason.
    Replayed,
}

/// Exchanges a refresh token. Refreshes of one session take turns by the lock on its row.
pub(crate) async fn grant(state: &State, token: &str) -> Result<Session, Error> {
    if !refresh_tokens::is_well_formed(token) {
        return Err(Error::Invalid("Refresh token is not valid"));
    }
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let row = sessions::lock_by_refresh_token(&tx, token)
        .await?
        .ok_or(Error::RefreshTokenNotFound)?;
    check(state, &tx, &row).await?;
    // Read under the lock: whoever was first has changed it.
    let reuse_seconds = state.config.policy.reuse_interval;
    let presented = refresh_tokens::find(&tx, token, reuse_seconds)
        .await?
        .ok_or(Error::RefreshTokenNotFound)?;
    let next = match judge(&tx, &row, &presented).await? {
        Verdict::Rotate => rotate(&tx, &row, token).await?,
        Verdict::HandOut(active) => active,
        Verdict::Replayed => {
            refresh_tokens::revoke_family(&tx, row.id).await?;
            tx.commit().await?;
            tracing::warn!(session.id = %row.id, "refresh token replayed, its family is revoked");
            return Err(Error::RefreshTokenAlreadyUsed);
        }
    };
    let session = session::answer(state, &tx, &row, next).await?;
    tx.commit().await?;
    Ok(session)
}

async fn check(state: &State, tx: &Tx<'_>, row: &SessionRow) -> Result<(), Error> {
    let now = Timestamp::now();
    let user = users::find(tx, row.user_id)
        .await?
        .ok_or(Error::RefreshTokenNotFound)?;
    if user.is_banned(now) {
        return Err(Error::BannedAtRefresh);
    }
    let policy = &state.config.policy;
    let is_over = |since: Timestamp, limit: Option<i64>| {
        limit.is_some_and(|limit| now.as_second() - since.as_second() >= limit)
    };
    let has_ended = row.not_after.is_some_and(|end| end <= now);
    if has_ended || is_over(row.created_at, policy.session_timebox) {
        return Err(Error::SessionExpired(""));
    }
    let last_used = row.refreshed_at.unwrap_or(row.created_at);
    if is_over(last_used, policy.session_inactivity) {
        return Err(Error::SessionExpired(" (Inactivity)"));
    }
    Ok(())
}

async fn judge(tx: &Tx<'_>, row: &SessionRow, presented: &RefreshToken) -> Result<Verdict, Error> {
    if !presented.revoked {
        return Ok(Verdict::Rotate);
    }
    let Some(active) = refresh_tokens::find_active(tx, row.id).await? else {
        return Ok(Verdict::Replayed);
    };
    let is_parent = active.parent.as_deref() == Some(&presented.token);
    Ok(if is_parent || presented.reusable {
        Verdict::HandOut(active.token)
    } else {
        Verdict::Replayed
    })
}

async fn rotate(tx: &Tx<'_>, row: &SessionRow, token: &str) -> Result<String, Error> {
    refresh_tokens::revoke(tx, token).await?;
    sessions::save_refresh(tx, row.id).await?;
    refresh_tokens::insert(tx, row.id, row.user_id, Some(token)).await
}

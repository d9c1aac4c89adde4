//! `POST /logout?scope=global|local|others`: ends sessions of the caller.

use axum::extract::State as Shared;
use axum::http::StatusCode;

use crate::db::sessions::{self, Scope};
use crate::error::Error;
use crate::extract::{Caller, Query};
use crate::state::State;

/// Signs the caller out. Access tokens already out stay good until they expire.
pub(crate) async fn handle(
    Shared(state): Shared<State>,
    caller: Caller,
    query: Query,
) -> Result<StatusCode, Error> {
    let scope = match query.get("scope") {
        None | Some("" | "global") => Scope::Global,
        Some("local") => Scope::Local,
        Some("others") => Scope::Others,
        Some(_) => return Err(Error::Invalid("Unsupported logout scope")),
    };
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    sessions::delete(&tx, caller.user.id, caller.session.id, scope).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `GET /__outbox?email=`: the mails to an address, for the holder of the secret key.

use axum::Json;
use axum::extract::State as Shared;
use serde_json::{Value, json};

use crate::db::outbox;
use crate::email::Email;
use crate::error::Error;
use crate::extract::{Admin, Query};
use crate::state::State;

/// Lists mails, newest first.
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _: Admin,
    query: Query,
) -> Result<Json<Value>, Error> {
    let email = Email::parse(query.get("email").unwrap_or_default())?;
    let mut client = state.database.client().await?;
    let tx = client.transaction().await?;
    let mails = outbox::list(&tx, &email).await?;
    tx.commit().await?;
    Ok(Json(json!({ "mails": mails })))
}

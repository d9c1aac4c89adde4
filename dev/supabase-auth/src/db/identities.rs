//! `auth.identities`: how users prove who they are.

use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Tx, time, time_or_none};
use crate::error::Error;
use crate::user::Identity;

/// Gives a user the identity `email`.
pub(crate) async fn insert_email(
    tx: &Tx<'_>,
    user_id: Uuid,
    email: &str,
    verified: bool,
) -> Result<(), Error> {
    tx.execute(
        "insert into auth.identities (user_id, provider, provider_id, identity_data)
         values ($1, 'email', $2, $3)",
        &[
            &user_id,
            &user_id.to_string(),
            &data(user_id, email, verified),
        ],
    )
    .await?;
    Ok(())
}

/// Brings the identity `email` up to date with the user's address.
pub(crate) async fn save_email(
    tx: &Tx<'_>,
    user_id: Uuid,
    email: &str,
    verified: bool,
) -> Result<(), Error> {
    tx.execute(
        "update auth.identities set identity_data = identity_data || $2, updated_at = now()
         where user_id = $1 and provider = 'email'",
        &[&user_id, &data(user_id, email, verified)],
    )
    .await?;
    Ok(())
}

/// All identities of a user, oldest first.
pub(crate) async fn list(tx: &Tx<'_>, user_id: Uuid) -> Result<Vec<Identity>, Error> {
    let rows = tx
        .query(
            "select * from auth.identities where user_id = $1 order by created_at",
            &[&user_id],
        )
        .await?;
    rows.iter().map(identity).collect()
}

/// What an identity and `user_metadata` both tell about an address.
pub(crate) fn data(user_id: Uuid, email: &str, verified: bool) -> Value {
    json!({ "sub": user_id, "email": email, "email_verified": verified, "phone_verified": false })
}

fn identity(row: &Row) -> Result<Identity, Error> {
    let identity_data: Value = row.try_get("identity_data")?;
    Ok(Identity {
        id: row.try_get("id")?,
        provider_id: row.try_get("provider_id")?,
        user_id: row.try_get("user_id")?,
        provider: row.try_get("provider")?,
        last_sign_in_at: time_or_none(row, "last_sign_in_at")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
        email: identity_data["email"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        identity_data,
    })
}

//! `auth.outbox`: the mails that nobody sends here, for a person or a test to read.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Tx, time};
use crate::email::Email;
use crate::error::Error;
use crate::mail::{Kind, Letter};

/// At most so many mails of one address are shown.
const SHOWN: i64 = 100;

/// A mail.
#[derive(Serialize)]
pub(crate) struct Mail {
    id: i64,
    email: String,
    kind: String,
    code: String,
    /// Not with a code that stands for itself.
    token_hash: Option<String>,
    link: Option<String>,
    created_at: Timestamp,
}

/// Puts a mail in, and notes on the user when it was.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    user_id: Uuid,
    kind: Kind,
    email: &str,
    letter: &Letter,
) -> Result<(), Error> {
    let has_link = kind != Kind::Reauthentication;
    let token_hash = has_link.then_some(&letter.token_hash);
    let link = has_link.then_some(letter.link.as_str());
    tx.execute(
        "insert into auth.outbox (email, kind, code, token_hash, link) values ($1, $2, $3, $4, $5)",
        &[&email, &kind.as_str(), &letter.code, &token_hash, &link],
    )
    .await?;
    let column = match kind {
        Kind::Signup => "confirmation_sent_at",
        Kind::Invite => "invited_at",
        Kind::Recovery | Kind::Magiclink => "recovery_sent_at",
        Kind::EmailChange => "email_change_sent_at",
        Kind::Reauthentication => "reauthentication_sent_at",
    };
    tx.execute(
        &format!("update auth.users set {column} = now() where id = $1"),
        &[&user_id],
    )
    .await?;
    Ok(())
}

/// The latest mails to an address, newest first.
pub(crate) async fn list(tx: &Tx<'_>, email: &Email) -> Result<Vec<Mail>, Error> {
    let rows = tx
        .query(
            "select * from auth.outbox where email = $1 order by id desc limit $2",
            &[&email.as_str(), &SHOWN],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Mail {
                id: row.try_get("id")?,
                email: row.try_get("email")?,
                kind: row.try_get("kind")?,
                code: row.try_get("code")?,
                token_hash: row.try_get("token_hash")?,
                link: row.try_get("link")?,
                created_at: time(row, "created_at")?,
            })
        })
        .collect()
}

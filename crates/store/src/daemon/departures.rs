//! The end of accounts.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Claim, Db, Error, Fenced};

/// What an account's end still needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// Nothing: its owner took it back, or it is done.
    TakenBack,
    /// Everything goes.
    Due {
        /// Its customer at Stripe.
        customer: Option<String>,
        /// How many instances are still there.
        instances: i64,
    },
}

#[derive(Deserialize)]
struct Row {
    gone: bool,
    customer: Option<String>,
    #[serde(default)]
    instances: i64,
}

/// Begins it, or goes on: it cannot be taken back from here on, and its instances are wished gone. `None` when the
/// claim is lost.
pub async fn begin(db: &Db, claim: Claim, account: Uuid) -> Result<Option<Departure>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.begin_account_deletion($1, $2, $3)",
            &[&claim.job, &claim.fence, &account],
        )
        .await?;
    let row: Option<Value> = row.get(0);
    let row: Option<Row> = row.map(serde_json::from_value).transpose()?;
    Ok(row.map(|row| {
        if row.gone {
            Departure::TakenBack
        } else {
            Departure::Due {
                customer: row.customer,
                instances: row.instances,
            }
        }
    }))
}

/// Deletes all that is held on it, together with the job.
pub async fn erase(db: &Db, claim: Claim, account: Uuid) -> Result<Fenced, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.erase_account($1, $2, $3)",
            &[&claim.job, &claim.fence, &account],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

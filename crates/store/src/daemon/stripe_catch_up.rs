//! How far the catch-up with Stripe is, and what its pages led to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stripe::SavedSubscription;
use super::{Claim, Db, Error};

/// Where a pass goes on.
#[derive(Debug, Clone, Deserialize)]
pub struct Place {
    /// In which of Stripe's lists.
    pub list: List,
    /// After this object of it; `None` is its beginning.
    pub after: Option<String>,
    /// Events older than this were looked through before (Unix seconds).
    pub since: i64,
    /// The database's time now, before anything is read from Stripe.
    pub read_at: String,
}

/// One of Stripe's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// First come the events.
    Events,
    /// Then all subscriptions.
    Subscriptions,
}

/// An event as it is stored. `created` is in Unix seconds.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the columns of public.webhook_events")]
pub struct FoundEvent {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub object_type: String,
    pub object_id: Option<String>,
    pub customer_id: Option<String>,
    pub livemode: bool,
    pub api_version: Option<String>,
    pub created: i64,
    pub payload: Value,
}

/// A subscription with whose it is at Stripe.
#[derive(Debug, Clone, Serialize)]
pub struct ListedSubscription {
    /// `cus_…`
    pub customer: String,
    /// What its row should say.
    pub subscription: SavedSubscription,
}

/// Where to go on; `None` when the claim is lost. Begins a pass where none is under way, or `anew` in any case.
pub async fn place(db: &Db, claim: Claim, anew: bool) -> Result<Option<Place>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.stripe_catch_up_place($1, $2, $3)",
            &[&claim.job, &claim.fence, &anew],
        )
        .await?;
    let place: Option<Value> = row.get(0);
    Ok(place.map(serde_json::from_value).transpose()?)
}

/// Stores those events of a page that we do not have, with their jobs; answers how many those were, or `None` when
/// the claim is lost. `after` is the page's last event, `None` at the list's end.
pub async fn save_events(
    db: &Db,
    claim: Claim,
    page: &[FoundEvent],
    after: Option<&str>,
) -> Result<Option<i32>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.save_missed_events($1, $2, $3, $4)",
            &[
                &claim.job,
                &claim.fence,
                &serde_json::to_value(page)?,
                &after,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Saves those subscriptions of a page that we lack or have otherwise; answers how many those were, or `None` when
/// the claim is lost. `read_at` is the place's; `after` is the page's last subscription, `None` at the pass's end.
pub async fn save_subscriptions(
    db: &Db,
    claim: Claim,
    read_at: &str,
    page: &[ListedSubscription],
    after: Option<&str>,
) -> Result<Option<i32>, Error> {
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.save_listed_subscriptions($1, $2, $3::text::timestamptz, $4, $5)",
            &[
                &claim.job,
                &claim.fence,
                &read_at,
                &serde_json::to_value(page)?,
                &after,
            ],
        )
        .await?;
    Ok(row.get(0))
}

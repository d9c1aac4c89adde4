//! Stripe's events and the projection of what they name.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Claim, Db, Error, Fenced};

/// A stored event, with the account that its customer belongs to.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// `evt_…`
    pub id: String,
    /// Such as `invoice.paid`.
    pub kind: String,
    /// Such as `invoice`.
    pub object_type: String,
    /// `in_…`; previews have none.
    pub object_id: Option<String>,
    /// Whether real money is meant.
    pub livemode: bool,
    /// Whether it was acted on before.
    pub is_processed: bool,
    /// The database's time now, before anything is read from Stripe.
    pub read_at: String,
}

/// A subscription as it is saved. Times are Unix seconds.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the columns of public.subscriptions")]
pub struct SavedSubscription {
    pub stripe_subscription_id: String,
    pub stripe_price_id: String,
    pub tier: &'static str,
    pub billing_cycle: &'static str,
    pub status: &'static str,
    pub max_agents: i32,
    pub max_messages_per_day: i32,
    pub max_storage_gb: i32,
    pub trial_end: Option<i64>,
    pub period_start: Option<i64>,
    pub period_end: Option<i64>,
    pub cancel_at_period_end: bool,
    pub cancelled: Option<i64>,
}

/// An invoice as it is saved. Amounts are minor units, times Unix seconds.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the columns of public.payments")]
pub struct SavedPayment {
    pub stripe_invoice_id: String,
    pub stripe_subscription_id: Option<String>,
    pub number: Option<String>,
    pub status: String,
    pub amount_due: i64,
    pub amount_paid: i64,
    pub currency: String,
    pub hosted_invoice_url: Option<String>,
    pub created: i64,
}

/// A Checkout Session as it is saved.
#[derive(Debug, Clone, Serialize)]
pub struct SavedCheckoutSession {
    /// `cs_…`
    pub id: String,
    /// `open`, `complete` or `expired`.
    pub status: String,
}

/// Everything that an event led to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Projection {
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Uuid>,
    /// When the read from Stripe began; an older one never overwrites a newer.
    pub read_at: String,
    /// The subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<SavedSubscription>,
    /// The invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<SavedPayment>,
    /// The Checkout Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_session: Option<SavedCheckoutSession>,
}

/// Finds a stored event.
pub async fn find_event(db: &Db, id: &str) -> Result<Option<StoredEvent>, Error> {
    let row = db
        .get()
        .await?
        .query_opt(
            "select id, type, object_type, object_id, livemode, processed_at is not null as is_processed, \
               clock_timestamp()::text as read_at \
             from public.webhook_events where id = $1",
            &[&id],
        )
        .await?;
    Ok(row.map(|row| StoredEvent {
        id: row.get("id"),
        kind: row.get("type"),
        object_type: row.get("object_type"),
        object_id: row.get("object_id"),
        livemode: row.get("livemode"),
        is_processed: row.get("is_processed"),
        read_at: row.get("read_at"),
    }))
}

/// The account of a Stripe customer.
pub async fn account_of_customer(db: &Db, customer: &str) -> Result<Option<Uuid>, Error> {
    let row = db
        .get()
        .await?
        .query_opt(
            "select id from public.accounts where stripe_customer_id = $1",
            &[&customer],
        )
        .await?;
    Ok(row.map(|row| row.get(0)))
}

/// Saves what an event led to and ends its job, both or neither. A parked event stays open.
pub async fn finish_event(
    db: &Db,
    claim: Claim,
    event: &str,
    outcome: &str,
    is_parked: bool,
    projection: &Projection,
) -> Result<Fenced, Error> {
    let projection = serde_json::to_value(projection).unwrap_or(Value::Null);
    let row = db
        .get()
        .await?
        .query_one(
            "select prov.finish_stripe_event($1, $2, $3, $4, $5, $6)",
            &[
                &claim.job,
                &claim.fence,
                &event,
                &outcome,
                &is_parked,
                &projection,
            ],
        )
        .await?;
    Ok(Fenced::of(row.get(0)))
}

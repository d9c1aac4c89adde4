//! Subscriptions, payments and Stripe's events, as admins list them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Job, Payment, Subscription};

/// A subscription in a list, with whose it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminSubscription {
    /// The subscription.
    #[serde(flatten)]
    pub subscription: Subscription,
    /// Whose.
    pub account_email: String,
}

/// A page of subscriptions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminSubscriptionList {
    /// The page.
    pub data: Vec<AdminSubscription>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

/// A payment in a list, with whose it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminPayment {
    /// The payment.
    #[serde(flatten)]
    pub payment: Payment,
    /// Whose; none when the account has gone.
    pub account_email: Option<String>,
}

/// A page of payments.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminPaymentList {
    /// The page.
    pub data: Vec<AdminPayment>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

/// An event that Stripe sent, or that was fetched since it did not come.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminWebhookEvent {
    /// `evt_…`
    pub id: String,
    /// Such as `customer.subscription.updated`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of object it is about.
    pub object_type: String,
    /// Which.
    pub object_id: Option<String>,
    /// Stripe's id of the customer.
    pub customer_id: Option<String>,
    /// Whose, once that is known.
    pub account_id: Option<Uuid>,
    /// Its address.
    pub account_email: Option<String>,
    /// Not a test.
    pub livemode: bool,
    /// In which version of Stripe's API it is written.
    pub api_version: Option<String>,
    /// waiting (its job is to come), parked (nobody knows whose it is) or processed.
    pub state: String,
    /// What became of it.
    pub outcome: Option<String>,
    /// How often it was delivered.
    pub deliveries: i32,
    /// When it happened at Stripe.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it came here first.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// When it was acted on.
    #[schema(format = DateTime)]
    pub processed_at: Option<String>,
}

/// A page of events.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminWebhookEventList {
    /// The page.
    pub data: Vec<AdminWebhookEvent>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

/// An event that is acted on again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    /// As it is now: open again.
    pub event: AdminWebhookEvent,
    /// The job that acts on it; one that waited already is joined.
    pub job: Job,
}

//! Checkout, portal, invoices, changes of a subscription, webhook.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Asks for a checkout.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// byok, hobby or pro.
    #[schema(pattern = "^(byok|hobby|pro)$")]
    pub tier: String,
    /// monthly or yearly.
    #[serde(default = "monthly")]
    #[schema(pattern = "^(monthly|yearly)$")]
    pub billing_cycle: String,
}

fn monthly() -> String {
    "monthly".to_owned()
}

/// Where the browser goes next.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Redirect {
    /// A page of Stripe. It is a credential: not to be kept or shared.
    pub url: String,
}

/// An event as Stripe sends it. Only what is named here is looked at; the object that it is about is read back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StripeEvent {
    /// `evt_…`.
    pub id: String,
    /// Such as `customer.subscription.updated`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unix seconds.
    pub created: i64,
    /// Not a test.
    pub livemode: bool,
    /// What happened to which object.
    pub data: Value,
}

/// Answer to Stripe.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookReceipt {
    /// Always true: the event is stored.
    pub received: bool,
    /// It was stored before.
    pub duplicate: bool,
}

/// An invoice and how far it is paid.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// Ours.
    pub id: Uuid,
    /// Whose; none when the account has gone.
    pub account_id: Option<Uuid>,
    /// Stripe's id of the invoice.
    pub stripe_invoice_id: String,
    /// Stripe's id of the subscription that it is for.
    pub stripe_subscription_id: Option<String>,
    /// The number that is printed on it; none while it is a draft.
    pub number: Option<String>,
    /// draft, open, paid, uncollectible or void.
    pub status: String,
    /// Minor units.
    pub amount_due: i64,
    /// Minor units.
    pub amount_paid: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Stripe's page of it.
    pub hosted_invoice_url: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// The caller's invoices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Invoices {
    /// Newest first; at most 200.
    pub invoices: Vec<Payment>,
}

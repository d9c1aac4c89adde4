//! Checkout, portal, webhook.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

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

//! Checkout, portal, webhook.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a checkout.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// byok, hobby or pro.
    pub tier: String,
    /// monthly or yearly.
    #[serde(default = "monthly")]
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

/// Answer to Stripe.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookReceipt {
    /// Always true: the event is stored.
    pub received: bool,
    /// It was stored before.
    pub duplicate: bool,
}

//! What an account does with its subscription.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Ends a subscription.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelSubscription {
    /// With the period that is paid for; else now, without giving anything back.
    #[serde(default = "yes")]
    pub cancel_at_period_end: bool,
}

impl Default for CancelSubscription {
    fn default() -> Self {
        Self {
            cancel_at_period_end: yes(),
        }
    }
}

fn yes() -> bool {
    true
}

/// Answer to an end of a subscription.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionCancelled {
    /// Always true.
    pub success: bool,
    /// What happens now.
    pub message: String,
    /// Whether it goes on until the period ends.
    pub cancel_at_period_end: bool,
    /// Stripe's.
    pub subscription_id: String,
    /// When that was asked for.
    #[schema(format = DateTime)]
    pub cancelled_at: Option<String>,
}

/// Answer to an end that is taken back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionReactivated {
    /// Always true.
    pub success: bool,
    /// What happens now.
    pub message: String,
    /// Stripe's.
    pub subscription_id: String,
}

/// Changes plan or billing cycle.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeSubscription {
    /// byok, hobby or pro.
    #[schema(pattern = "^(byok|hobby|pro)$")]
    pub tier: String,
    /// monthly or yearly.
    #[schema(pattern = "^(monthly|yearly)$")]
    pub billing_cycle: String,
    /// Only say what it would cost.
    #[serde(default)]
    pub preview: bool,
}

/// What a change costs, and whether it was made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubscriptionChange {
    /// Nothing was changed.
    pub preview: bool,
    /// The plan that was asked for.
    pub tier: String,
    /// The cycle that was asked for.
    pub billing_cycle: String,
    /// Stripe's id of the subscription.
    pub subscription_id: String,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Minor units. At once; in a trial with its end.
    pub amount_due: i64,
    /// Minor units that go to the account's balance, and are used up by invoices to come.
    pub credit: i64,
    /// Whether it is charged at once.
    pub due_now: bool,
    /// What the amount is made of.
    pub lines: Vec<ChangeLine>,
}

/// A part of what a change costs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeLine {
    /// In words.
    pub description: Option<String>,
    /// Minor units; negative for what is given back.
    pub amount: i64,
}

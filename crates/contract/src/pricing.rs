//! What is sold, as the portal shows it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Product, plans, trial and discounts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricingConfig {
    /// What all plans are prices of.
    pub product: PricingProduct,
    /// By key: free, byok, hobby, pro, enterprise.
    pub plans: BTreeMap<String, PlanCard>,
    /// Free days before the first charge.
    pub trial: PricingTrial,
    /// Reductions.
    pub discounts: PricingDiscounts,
}

/// The product.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricingProduct {
    /// Its name.
    pub name: String,
    /// One line.
    pub description: String,
    /// Marks, such as the platform.
    pub metadata: BTreeMap<String, String>,
}

/// One plan.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a promise of the plan"
)]
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlanCard {
    /// Display name.
    pub name: String,
    /// For people: `$20`, or `custom`.
    pub price_monthly: String,
    /// For people: `$192`, or `custom`.
    pub price_yearly: String,
    /// Minor units; none for `custom`.
    pub amount_monthly: Option<u32>,
    /// Minor units; none for `custom`.
    pub amount_yearly: Option<u32>,
    /// ISO 4217, lower case.
    pub currency: String,
    /// One line.
    pub description: String,
    /// What the card lists.
    pub features: Vec<String>,
    /// What is enforced: numbers or the word `unlimited`, by name.
    pub limits: BTreeMap<String, Value>,
    /// The one to point at.
    pub recommended: bool,
    /// Whole US dollars a month.
    pub included_ai_budget_usd: u32,
    /// The customer brings keys for the model providers.
    pub requires_customer_provider_keys: bool,
    /// small or pro.
    pub resource_profile: String,
    /// Whether it comes with an instance.
    pub runs_instances: bool,
    /// Whether it can be bought here and now.
    pub available: bool,
    /// Stripe's price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stripe_price_id_monthly: Option<String>,
    /// Stripe's price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stripe_price_id_yearly: Option<String>,
}

/// Trial terms.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricingTrial {
    /// Off means: charged at once.
    pub enabled: bool,
    /// How long.
    pub days: u32,
    /// Plans that have one.
    pub applicable_plans: Vec<String>,
}

/// Reductions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricingDiscounts {
    /// What paying yearly saves, in percent.
    pub annual_percentage: u32,
}

/// Which of Stripe's prices a plan is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StripePrice {
    /// Stripe's id.
    pub price_id: String,
    /// The plan.
    pub plan: String,
    /// monthly or yearly.
    pub billing_cycle: String,
}

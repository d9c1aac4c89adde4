//! The shape of `config/pricing.toml`. Read by the build script, which validates, and by the crate, which
//! holds the validated text as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything that is sold.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pricing {
    /// The one product that all plans are prices of.
    pub product: Product,
    /// Free days before the first charge.
    pub trial: Trial,
    /// Reductions shown beside the prices.
    pub discounts: Discounts,
    /// Plans by key: free, byok, hobby, pro, enterprise.
    pub plans: BTreeMap<String, PlanTerms>,
    /// What an instance may use of a machine, by resource profile.
    pub resources: BTreeMap<String, Resources>,
}

/// What an instance may use of a machine, all its processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Thousandths of a core.
    pub cpu_millis: u32,
    /// Processes and threads.
    pub tasks: u32,
}

/// The product as Stripe and the portal name it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Shown on invoices.
    pub name: String,
    /// One line below it.
    pub description: String,
}

/// Trial terms; once per account.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Off means: charged at once.
    pub enabled: bool,
    /// Length in days.
    pub days: u32,
    /// Keys of the plans that have one.
    pub plans: Vec<String>,
}

/// Reductions.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Discounts {
    /// What paying yearly saves, in percent.
    pub annual_percentage: u32,
}

/// One plan's price and limits.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PlanTerms {
    /// Display name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Minor units a month; none means "on request".
    #[serde(default)]
    pub price_monthly: Option<u32>,
    /// Minor units a year; none means "on request".
    #[serde(default)]
    pub price_yearly: Option<u32>,
    /// Model budget that is part of the price, whole US dollars a month.
    pub included_ai_budget_usd: u32,
    /// The customer brings keys for the model providers.
    pub requires_customer_provider_keys: bool,
    /// Size of the instance: a key of [`Pricing::resources`].
    pub resource_profile: String,
    /// Whether the plan comes with an instance at all.
    pub runs_instances: bool,
    /// The one to point at.
    #[serde(default)]
    pub recommended: bool,
    /// What the price card lists.
    pub features: Vec<String>,
    /// What is enforced.
    pub limits: Limits,
}

/// What a plan allows.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a list of yes/no promises, as it is sold"
)]
pub struct Limits {
    /// Agents at once.
    pub max_agents: Limit,
    /// Messages a day.
    pub max_messages_per_day: Limit,
    /// Gigabytes kept.
    pub storage_gb: Limit,
    /// Instances at once.
    pub instances: u32,
    /// Kind of support.
    pub support: String,
    /// Kind of integrations.
    pub integrations: String,
    /// Kind of analytics.
    pub analytics: String,
    /// Workflows included.
    pub workflows: bool,
    /// Service level agreement.
    pub sla: bool,
    /// Training included.
    pub training: bool,
    /// Single sign-on.
    pub sso: bool,
    /// Custom development.
    pub custom_development: bool,
    /// Runs in the customer's own place.
    pub on_premise: bool,
    /// Machines of its own.
    pub dedicated_infrastructure: bool,
}

/// A number or no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Limit {
    /// At most this many.
    AtMost(u32),
    /// The word `unlimited`.
    Unbounded(Unlimited),
}

/// The word `unlimited`, so that no other word is taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Unlimited {
    /// `unlimited`
    #[serde(rename = "unlimited")]
    Unlimited,
}

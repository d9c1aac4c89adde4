//! Plans, statuses, names and rules: values without I/O and without a clock.

mod billing;
mod days;
mod ids;
mod plan;
mod pricing;
/// The shape of `config/pricing.toml`.
pub mod pricing_schema;
mod status;
mod subdomain;

pub use billing::{BillingCycle, StripePrices, StripePricesError, UnknownCycle};
pub use days::{DunningDays, RetentionDays};
pub use ids::{AccountId, InstanceId, JobId};
pub use plan::{Plan, UNLIMITED, UnknownPlan};
pub use pricing::{CURRENCY, limit_as_number, pricing};
pub use pricing_schema::{Limit, Limits, PlanTerms, Pricing};
pub use status::{Access, InstanceStatus, SubscriptionStatus, Wish};
pub use subdomain::{InvalidSubdomain, Subdomain, suggest_subdomain};

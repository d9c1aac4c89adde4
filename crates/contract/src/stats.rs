//! The platform in figures, for admins.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How the platform stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminStats {
    /// All accounts.
    pub accounts: i64,
    /// Subscriptions to a paid plan that are active; those on trial are not.
    pub active_subscriptions: i64,
    /// Instances that run.
    pub running_instances: i64,
    /// Accounts by status.
    pub accounts_by_status: BTreeMap<String, i64>,
    /// Instances by status.
    pub instances_by_status: BTreeMap<String, i64>,
    /// Subscriptions by status.
    pub subscriptions_by_status: BTreeMap<String, i64>,
    /// Subscriptions that give access, by plan.
    pub subscriptions_by_tier: BTreeMap<String, i64>,
    /// What a month brings.
    pub monthly_revenue: MonthlyRevenue,
    /// Jobs in the queue by state.
    pub jobs_by_state: BTreeMap<String, i64>,
    /// Events of Stripe that were received and not acted on yet.
    pub webhook_events_waiting: i64,
    /// The newest changes, newest first; at most 20.
    pub recent_activity: Vec<Activity>,
}

/// Revenue of a month by list price, in minor units; a yearly price counts as a twelfth.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MonthlyRevenue {
    /// ISO 4217, lower case.
    pub currency: String,
    /// Of subscriptions that are active, or past due and not given up.
    pub amount: i64,
    /// What those on trial would bring.
    pub on_trial: i64,
    /// Subscriptions whose plan has no list price; in no sum.
    pub without_price: i64,
}

/// Something that was done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// Number of the audit entry.
    pub id: i64,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// account, admin, system, stripe or daemon.
    pub actor_type: String,
    /// Which of them.
    pub actor_id: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub resource_type: String,
    /// To which.
    pub resource_id: Option<String>,
    /// Whose account it concerns.
    pub account_id: Option<Uuid>,
}

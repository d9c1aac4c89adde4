//! The platform's figures with how the last days went, for charts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::MonthlyRevenue;

/// Figures of now, what is new, and the last thirty days.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminDashboard {
    /// All accounts.
    pub total_accounts: i64,
    /// Subscriptions to a paid plan that are active; those on trial are not.
    pub active_subscriptions: i64,
    /// Instances that are not deleted.
    pub total_instances: i64,
    /// Instances by status.
    pub instances_by_status: BTreeMap<String, i64>,
    /// Subscriptions that give access, by plan.
    pub subscriptions_by_tier: BTreeMap<String, i64>,
    /// What a month brings by list price, in whole units of the currency; `monthly_revenue` says it exactly.
    pub subscription_revenue: f64,
    /// What a month brings.
    pub monthly_revenue: MonthlyRevenue,
    /// Newest first; at most 10.
    pub recent_signups: Vec<RecentSignup>,
    /// Newest first; at most 10.
    pub recent_instances: Vec<RecentInstance>,
    /// The last thirty, today the last.
    pub days: Vec<DayFigures>,
}

/// An account that is new.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecentSignup {
    /// The same as the auth user's.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// An instance that is new.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecentInstance {
    /// The number that routes take as `{id}`.
    pub instance_id: i32,
    /// First label of its host name.
    pub subdomain: String,
    /// What was last seen.
    pub status: String,
    /// Whose.
    pub account_email: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// What happened on a day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DayFigures {
    /// UTC.
    #[schema(format = Date)]
    pub day: String,
    /// Accounts that came, of those that are there.
    pub signups: i64,
    /// Instances that were asked for.
    pub instances: i64,
    /// Minor units, of the invoices of that day.
    pub paid: i64,
    /// Subscriptions that were ended.
    pub ended: i64,
}

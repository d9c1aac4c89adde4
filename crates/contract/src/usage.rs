//! What was used, day by day, and what a plan allows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// One day of one subscription.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsageDay {
    /// Of the report.
    pub id: Uuid,
    /// Which subscription.
    pub subscription_id: Uuid,
    /// UTC.
    #[schema(format = Date)]
    pub metric_date: String,
    /// Messages to agents.
    pub messages_sent: i32,
    /// Agents that were there.
    pub agents_used: i32,
    /// Gigabytes.
    pub storage_used_gb: f64,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// The days taken together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageTotals {
    /// Sum.
    pub total_messages: i64,
    /// Most on one day.
    pub total_agents: i64,
    /// Most on one day, gigabytes.
    pub total_storage: f64,
}

/// What the current plan allows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsageLimits {
    /// 999999 is unlimited.
    pub max_agents: i32,
    /// 999999 is unlimited.
    pub max_messages_per_day: i32,
    /// 999999 is unlimited.
    pub max_storage_gb: i32,
}

/// The caller's usage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Oldest first; days without a report are left out.
    pub usage: Vec<UsageDay>,
    /// Of these days.
    pub aggregated: UsageTotals,
    /// None without a subscription.
    pub limits: Option<UsageLimits>,
}

/// One day of one subscription, with whose it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminUsage {
    /// The day.
    #[serde(flatten)]
    pub day: UsageDay,
    /// Whose.
    pub account_id: Uuid,
    /// Its address.
    pub account_email: String,
    /// The subscription's plan.
    pub tier: String,
}

/// A page of usage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminUsageList {
    /// The page.
    pub data: Vec<AdminUsage>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

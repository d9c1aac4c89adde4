//! Accounts and subscriptions.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Instance;

/// An account with what belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The same as the auth user's.
    pub id: Uuid,
    /// Address it signs in with.
    pub email: String,
    /// Name of the person.
    pub full_name: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// Whether it may use `/admin`.
    pub is_admin: bool,
    /// pending_verification, active, suspended or deleted.
    pub status: String,
    /// Its customer at Stripe, once there was a checkout.
    pub stripe_customer_id: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it was deleted.
    #[schema(format = DateTime)]
    pub deleted_at: Option<String>,
    /// May be written to about news.
    pub consent_marketing: bool,
    /// May be counted.
    pub consent_analytics: bool,
    /// Newest first.
    pub subscriptions: Vec<Subscription>,
    /// Newest first.
    pub instances: Vec<Instance>,
}

/// Changes names of the caller's account: what is left out stays, null takes it away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMyAccount {
    /// Name of the person.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub full_name: Option<NameChange>,
    /// Name of the company.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub company_name: Option<NameChange>,
}

/// A name that was sent; null takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NameChange(pub Option<String>);

/// A field that was sent, null too.
fn given<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<NameChange>, D::Error> {
    NameChange::deserialize(reader).map(Some)
}

/// Whether the caller is an admin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminStatus {
    /// As the database says now.
    pub is_admin: bool,
}

/// Answer of the account's setup.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountSetup {
    /// What was done.
    pub message: String,
    /// Whose account.
    pub account_id: Uuid,
    /// The free subscription when this call made it.
    pub subscription: Option<Subscription>,
}

/// An account's claim to a plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// Ours.
    pub id: Uuid,
    /// Whose.
    pub account_id: Uuid,
    /// free, byok, hobby, pro or enterprise.
    pub tier: String,
    /// monthly or yearly; none for free.
    pub billing_cycle: Option<String>,
    /// trialing, active, past_due, unpaid, paused, incomplete, incomplete_expired, cancelled or unknown.
    pub status: String,
    /// What it entitles to: full, grace or none.
    pub access: String,
    /// Stripe's id.
    pub stripe_subscription_id: Option<String>,
    /// Stripe's id of the customer.
    pub stripe_customer_id: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub current_period_start: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub current_period_end: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub trial_ends_at: Option<String>,
    /// Whole days left, rounded up; none outside a trial.
    pub trial_days_remaining: Option<i32>,
    /// Ends with the period.
    pub cancel_at_period_end: bool,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub cancelled_at: Option<String>,
    /// 999999 is unlimited.
    pub max_agents: i32,
    /// 999999 is unlimited.
    pub max_messages_per_day: i32,
    /// 999999 is unlimited.
    pub max_storage_gb: i32,
    /// Whether an instance may be started now.
    pub can_run_instances: bool,
    /// Whether a first paid plan still begins with free days; `/my/subscription` alone says it.
    pub trial_available: Option<bool>,
    /// What becomes of the account's instance that nobody pays for; `/my/subscription` alone says it.
    pub dunning: Option<Dunning>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// When what happens to an instance that is not paid for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Dunning {
    /// Since when it is not paid for; RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub since: String,
    /// Its agents are paused; none where no charge failed but the subscription ended. RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub pause_at: Option<String>,
    /// It is stopped; RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub stop_at: String,
    /// It is deleted; RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub remove_at: String,
}

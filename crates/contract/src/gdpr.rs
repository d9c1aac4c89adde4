//! What the law gives a person: what is held about them, their consent, and the end of their account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Instance, Payment, Subscription, UsageDay};

/// What is known of the person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PersonalData {
    /// Address.
    pub email: String,
    /// Name of the person.
    pub full_name: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// active or deleted.
    pub status: String,
    /// The plan.
    pub tier: String,
    /// Who they are at Stripe.
    pub stripe_customer_id: Option<String>,
    /// May be written to about news.
    pub consent_marketing: bool,
    /// May be counted.
    pub consent_analytics: bool,
    /// When that was said last.
    #[schema(format = DateTime)]
    pub consent_updated_at: Option<String>,
    /// When they asked to be deleted.
    #[schema(format = DateTime)]
    pub deleted_at: Option<String>,
    /// What support noted.
    pub support_notes: Option<String>,
}

/// What is held, as the database has it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HeldData {
    /// When this was put together.
    #[schema(format = DateTime)]
    pub export_date: String,
    /// Whose.
    pub account_id: Uuid,
    /// What is known of the person.
    pub personal_data: PersonalData,
    /// All.
    pub subscriptions: Vec<Subscription>,
    /// All, deleted ones too.
    pub instances: Vec<Instance>,
    /// What happened to the instances.
    #[schema(value_type = Vec<Object>)]
    pub instance_events: Vec<Value>,
    /// What was used, day by day.
    pub usage_metrics: Vec<UsageDay>,
    /// What was done to the account.
    #[schema(value_type = Vec<Object>)]
    pub activity_history: Vec<Value>,
    /// All.
    pub payments: Vec<Payment>,
    /// Checkouts that were begun.
    #[schema(value_type = Vec<Object>)]
    pub checkout_sessions: Vec<Value>,
    /// What Stripe told us, word by word.
    #[schema(value_type = Vec<Object>)]
    pub webhook_events: Vec<Value>,
}

/// Everything that is held on the caller, and why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Export {
    /// What.
    #[serde(flatten)]
    pub held: HeldData,
    /// What it is used for.
    pub data_processing_purposes: Vec<String>,
    /// For how long, by kind.
    pub data_retention_periods: BTreeMap<String, String>,
    /// Who else gets some of it.
    pub third_party_processors: Vec<Processor>,
}

/// Somebody who works with some of it for us.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Processor {
    /// Who.
    pub name: String,
    /// What for.
    pub purpose: String,
    /// What they get.
    pub data_shared: String,
}

/// Asks for the end of the account.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestDeletion {
    /// False only says what would happen.
    #[serde(default)]
    pub confirmation: bool,
}

/// Answer to a request for the end of the account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeletionRequested {
    /// confirmation_required or deletion_scheduled.
    pub status: String,
    /// What happens now.
    pub message: String,
    /// What is lost; only while nothing is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// Days in which it can be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_period_days: Option<i32>,
    /// When it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub deletion_date: Option<String>,
    /// How it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<String>,
    /// What goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_deleted: Vec<String>,
    /// What stays, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_retained: Vec<String>,
}

/// Answer to taking it back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeletionCancelled {
    /// success, or not_pending when there was nothing to take back.
    pub status: String,
    /// In words.
    pub message: String,
    /// As it is now.
    pub account_status: String,
}

/// What the person agrees to. What is left out is not agreed to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeConsent {
    /// To be written to about news.
    #[serde(default)]
    pub marketing: bool,
    /// To be counted.
    #[serde(default)]
    pub analytics: bool,
}

/// What was agreed to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// To be written to about news.
    pub marketing: bool,
    /// To be counted.
    pub analytics: bool,
    /// Always true: without it there is no service.
    pub essential: bool,
}

/// Answer to a change of consent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConsentChanged {
    /// Always success.
    pub status: String,
    /// As it is now.
    pub consent: Consent,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

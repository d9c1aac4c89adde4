//! What admins list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AdminJob, AuditEntry, Event, Instance, Job, Payment, Subscription};

/// An account in a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAccount {
    /// The same as the auth user's.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// Name of the person.
    pub full_name: Option<String>,
    /// Name of the company.
    pub company_name: Option<String>,
    /// pending_verification, active, suspended or deleted.
    pub status: String,
    /// Whether it may use `/admin`.
    pub is_admin: bool,
    /// Its current plan.
    pub tier: String,
    /// Its current subscription's status; none without one.
    pub subscription_status: Option<String>,
    /// How many instances it has that are not deleted.
    pub instances: i64,
    /// Stripe's id.
    pub stripe_customer_id: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A page of accounts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAccountList {
    /// The page.
    pub data: Vec<AdminAccount>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

/// An instance in a list, with whose it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminInstance {
    /// The instance.
    #[serde(flatten)]
    pub instance: Instance,
    /// Whose.
    pub account_email: String,
}

/// A page of instances.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminInstanceList {
    /// The page.
    pub data: Vec<AdminInstance>,
    /// How many there are in all; also in `X-Total-Count`.
    pub total: i64,
}

/// An account as admins look after it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAccountRecord {
    /// As in the list.
    #[serde(flatten)]
    pub account: AdminAccount,
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
    /// What operators note; the account does not see it.
    pub notes: Option<String>,
}

/// An account with the newest of what belongs to it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminAccountDetail {
    /// The account.
    pub account: AdminAccountRecord,
    /// The one that counts.
    pub subscription: Option<Subscription>,
    /// All, newest first.
    pub subscriptions: Vec<Subscription>,
    /// Deleted ones too, newest first; at most 50.
    pub instances: Vec<Instance>,
    /// Newest first; at most 20.
    pub payments: Vec<Payment>,
    /// What was done to the account, newest first; at most 30.
    pub activity: Vec<AuditEntry>,
    /// Its end under way; none for one that stays.
    pub deletion: Option<AccountDeletion>,
}

/// How far the end of an account is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountDeletion {
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub requested_at: String,
    /// When it begins.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// When it began; from then on its owner cannot take it back.
    #[schema(format = DateTime)]
    pub begun_at: Option<String>,
    /// How many instances are still there.
    pub instances_left: i64,
    /// What does it; none when somebody took it away.
    pub job: Option<AdminJob>,
}

/// Confirms the end of anybody's account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveAccount {
    /// The account's address, typed by a person.
    pub confirm: String,
    /// Why; for the audit log.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// An account that is being deleted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountRemoved {
    /// Whose.
    pub account_id: Uuid,
    /// A new job, or the one that does it already.
    pub job: Job,
}

/// Names and notes of an account, all three at once: what is left out or null is taken away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditAccount {
    /// Name of the person.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub full_name: Option<String>,
    /// Name of the company.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub company_name: Option<String>,
    /// For operators alone.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 5000)]
    pub notes: Option<String>,
}

/// Suspends an account or lets it in again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAccountStatus {
    /// suspended: stops its instances and keeps it out. active: as it was before.
    #[schema(pattern = "^(suspended|active)$")]
    pub status: String,
    /// Why; for the audit log.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Answer to a change of an account's status.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountStatusChanged {
    /// Always success.
    pub status: String,
    /// Whose.
    pub account_id: Uuid,
    /// suspended or active.
    pub new_status: String,
    /// How many instances are being stopped, or started again, for it.
    pub instances: i32,
}

/// Makes an account an admin or takes that away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAdmin {
    /// Whether it may use `/admin` from now on.
    pub is_admin: bool,
    /// Why; for the audit log.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Answer to a change of who is an admin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminChanged {
    /// Whose.
    pub account_id: Uuid,
    /// As it is now.
    pub is_admin: bool,
}

/// Answer to an admin who leaves.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoggedOut {
    /// Always true.
    pub success: bool,
    /// Sessions of the API host that were ended; the auth service has its own.
    pub ended: i32,
}

/// Why an admin commands something; for the audit log.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// In words.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Confirms the removal of anybody's instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Uninstall {
    /// The instance's subdomain, typed by a person.
    pub confirm: String,
    /// Why; for the audit log.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// A look at an instance from outside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HealthCheck {
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub checked_at: String,
    /// All of its parts answered.
    pub healthy: bool,
    /// How long the slowest took.
    pub latency_ms: i32,
    /// What was wrong.
    pub detail: Option<String>,
}

/// An instance with what was wished, seen and done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminInstanceDetail {
    /// The instance.
    #[serde(flatten)]
    pub instance: AdminInstance,
    /// Of its account.
    pub account_status: String,
    /// It was stopped with its account, and runs again with it.
    pub held_with_account: bool,
    /// Of the newest wish.
    pub desired_gen: i64,
    /// Of the wish that was last brought about.
    pub observed_gen: i64,
    /// Restarts that were wished.
    pub restart_gen: i32,
    /// Of these, how many are done.
    pub observed_restart_gen: i32,
    /// When its status must have ended; none for one that may last.
    #[schema(format = DateTime)]
    pub status_deadline: Option<String>,
    /// Checks in a row that it did not answer.
    pub health_misses: i32,
    /// When it was deleted.
    #[schema(format = DateTime)]
    pub deprovisioned_at: Option<String>,
    /// It is settled, and yet not what was wished.
    pub drifted: bool,
    /// Newest first; at most 20.
    pub jobs: Vec<AdminJob>,
    /// Newest first; at most 50.
    pub events: Vec<Event>,
    /// Newest first; at most 50.
    pub health_checks: Vec<HealthCheck>,
}

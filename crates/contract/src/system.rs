//! Health of the platform, checks of its instances, and its upkeep.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Job;

/// Whether the platform can serve.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// ok or unavailable.
    pub status: String,
    /// Of the platform.
    pub version: String,
    /// The database answers.
    pub database: HealthPart,
    /// Callers can be let in: the auth service's keys are at hand. They are kept for ten minutes, and longer when it
    /// cannot be reached, so this stays ok for a while after it went.
    pub auth: HealthPart,
    /// Seconds that the oldest job due has waited; none when nothing waits.
    pub oldest_job_seconds: Option<i64>,
}

/// Whether one part can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthPart {
    /// Yes.
    Ok,
    /// No.
    Unavailable,
}

/// What one round of checks found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HealthChecks {
    /// Instances that were due and taken.
    pub checked: u32,
    /// Answered.
    pub healthy: u32,
    /// Did not.
    pub unhealthy: u32,
    /// How many were handed to the daemon: three misses in a row, or an answer of one that asks for a person.
    pub handed_over: u32,
}

/// Has all instances reconciled.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncInstances {
    /// Only says what would be done.
    #[serde(default)]
    pub preview: bool,
    /// Why; for the audit log.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What is being reconciled, and what came of the last pass over all instances.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstancesSynced {
    /// Nothing was done.
    pub preview: bool,
    /// Instances that are not gone: each is looked after.
    pub instances: i64,
    /// Of these, how many got a job for it.
    pub enqueued: i64,
    /// And for how many one waited anyway.
    pub joined: i64,
    /// When the last pass began; none before the first.
    #[schema(format = DateTime)]
    pub begun_at: Option<String>,
    /// How many instances it had.
    pub total: i64,
    /// Of these, whose job is done.
    pub synced: i64,
    /// Whose job failed for good or was taken away.
    pub errors: i64,
    /// Whose job is not done yet.
    pub waiting: i64,
    /// Which have another status than when it began; at most 200.
    pub updates: Vec<StatusUpdate>,
}

/// An instance whose status changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct StatusUpdate {
    /// Which.
    pub instance_id: i32,
    /// Then.
    pub old_status: String,
    /// Now.
    pub new_status: String,
    /// Of the status now.
    pub reason: Option<String>,
}

/// What one round of upkeep did.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Maintained {
    /// Rows that were kept long enough and are gone.
    pub forgotten: i64,
    /// Trials that are over and of which Stripe has not told: it is asked.
    pub expired_trials: i64,
    /// Instances whose agents were paused, since their plan is not paid.
    pub paused: i64,
    /// Instances that were stopped for it.
    pub stopped: i64,
    /// Instances that are being deleted for it.
    pub removed: i64,
    /// Instances that run again, since their plan is paid.
    pub resumed: i64,
    /// Accounts whose end was due and had no job.
    pub account_deletions: i64,
    /// Keys of machines that ended.
    pub expired_keys: i64,
    /// Keys of machines that end within 14 days.
    pub expiring_keys: i64,
    /// Items that failed, by name; all others were done.
    pub failed: Vec<String>,
}

/// Work that the platform will do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Enqueued {
    /// A new job, or the one that it joined.
    pub job: Job,
}

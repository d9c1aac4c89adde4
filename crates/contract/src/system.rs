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

/// Work that the platform will do.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Enqueued {
    /// A new job, or the one that it joined.
    pub job: Job,
}

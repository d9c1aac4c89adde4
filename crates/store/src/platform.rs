//! The platform's own health.

use serde::Deserialize;

use crate::answer::{Answer, ask};
use crate::database::{Access, Database, DatabaseError};

/// What the database knows of the platform's health.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct QueueHealth {
    /// Seconds that the oldest job due has waited.
    pub oldest_job_seconds: Option<i64>,
}

/// Asks the database how the platform is; that it answers is part of the answer.
pub async fn health(database: &impl Database) -> Result<Answer<QueueHealth>, DatabaseError> {
    ask(database, Access::Read, "select api.health()", &[]).await
}

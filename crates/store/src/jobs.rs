//! The queue, as far as the functions know it.

use crate::database::{Access, Database, DatabaseError};

/// Wakes the daemon, after the statement that enqueued something. Best effort: it also polls.
pub async fn ring(database: &impl Database) -> Result<(), DatabaseError> {
    database
        .fetch_json(Access::Read, "select to_jsonb(prov.ring(0)::text)", &[])
        .await
        .map(|_| ())
}

//! The queue, as far as the functions know it.

use crate::database::{Access, Database, DatabaseError};

/// Wakes the daemon, after the statement that enqueued something. Best effort: it also polls.
pub async fn ring(database: &impl Database) -> Result<(), DatabaseError> {
    database
        // what it answers is null, which is no cell of jsonb
        .fetch_json(
            Access::Read,
            "select jsonb_build_object('rung', prov.ring(0)::text)",
            &[],
        )
        .await
        .map(|_| ())
}

//! Counting requests that no other statement counts.

use serde_json::json;
use uuid::Uuid;

use crate::answer::{Answer, ask};
use crate::call::RequestFacts;
use crate::database::{Access, Database, DatabaseError, Value};

/// Counts a request without a proof that holds, by its client's address.
pub async fn count_stranger(
    database: &impl Database,
    facts: &RequestFacts,
) -> Result<Answer<bool>, DatabaseError> {
    let call = json!({"network": facts.network, "stranger_limit": facts.stranger_limit});
    ask(
        database,
        Access::Write,
        "select api.count_stranger($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// Counts an account's request that was refused before any statement.
pub async fn count_refused(
    database: &impl Database,
    facts: &RequestFacts,
    account: Uuid,
) -> Result<Answer<bool>, DatabaseError> {
    let call = json!({"sub": account, "group": facts.group.word(), "limit": facts.limit});
    ask(
        database,
        Access::Write,
        "select api.count_refused($1)",
        &[Value::Json(&call)],
    )
    .await
}

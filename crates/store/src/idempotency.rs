//! Keys under which a command is done once. A command of one statement keeps its answer in that statement
//! (`api.answered` around it); one that goes on outside of the database keeps it here when it is done.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::answer::{Answer, Refusal, ask};
use crate::call::RequestFacts;
use crate::database::{Access, Database, DatabaseError, Value};

/// Keeps what a command answered, so that the same request again gets the same.
pub async fn keep(
    database: &impl Database,
    facts: &RequestFacts,
    answer: &impl Serialize,
) -> Result<(), DatabaseError> {
    let (call, answer) = (key_json(facts), json!({"data": answer}));
    let values = [Value::Json(&call), Value::Json(&answer)];
    let kept: Answer<Json> = ask(
        database,
        Access::Write,
        "select api.answered($1, $2)",
        &values,
    )
    .await?;
    drop(kept); // what was given
    Ok(())
}

/// Keeps why a command was not done, as [`keep`] keeps what it answered.
pub async fn keep_refusal(
    database: &impl Database,
    facts: &RequestFacts,
    refusal: &Refusal,
) -> Result<(), DatabaseError> {
    let (call, refusal) = (key_json(facts), json!(refusal));
    let values = [Value::Json(&call), Value::Json(&refusal)];
    let kept: Answer<bool> = ask(
        database,
        Access::Write,
        "select api.keep_refusal($1, $2)",
        &values,
    )
    .await?;
    drop(kept); // that it is kept
    Ok(())
}

/// Lets go of the key of a command that failed, so that it can be tried again at once.
pub async fn release(
    database: &impl Database,
    facts: &RequestFacts,
) -> Result<Answer<bool>, DatabaseError> {
    let call = key_json(facts);
    ask(
        database,
        Access::Write,
        "select api.release_key($1)",
        &[Value::Json(&call)],
    )
    .await
}

fn key_json(facts: &RequestFacts) -> Json {
    json!({"operation": facts.operation, "idempotency": facts.idempotency})
}

//! Jobs: the queue's doorbell, what operators see and do, and an account's own.

use auth::{AccountCaller, AdminCaller};
use contract::{AdminJob, AdminJobList, MyJob};
use domain::JobId;

use crate::answer::{Answer, ask};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};
use crate::page::Page;

/// What an operator does with a job by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Begin a dead one anew.
    Retry,
    /// Take a waiting one back, or have a running one stop between two steps.
    Cancel,
    /// Give a dead one up.
    Discard,
}

impl Action {
    const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Discard => "discard",
        }
    }
}

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

/// All jobs, those that ended too, for admins.
pub async fn list_all(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminJobList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_jobs($1, $2)",
        &values,
    )
    .await
}

/// Any job, for admins.
pub async fn find_any(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: JobId,
) -> Result<Answer<AdminJob>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::BigInt(id.0)];
    ask(
        database,
        Access::Read,
        "select api.admin_job($1, $2)",
        &values,
    )
    .await
}

/// Does something with any job, for admins; answers it as it is then.
pub async fn act(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: JobId,
    action: Action,
    reason: Option<&str>,
) -> Result<Answer<AdminJob>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::BigInt(id.0),
        Value::Text(action.word()),
        Value::MaybeText(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.admin_job_by_hand($1, $2, $3, $4))",
        &values,
    )
    .await
}

/// One of the caller's jobs.
pub async fn find(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    id: JobId,
) -> Result<Answer<MyJob>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::BigInt(id.0)];
    ask(database, Access::Read, "select api.my_job($1, $2)", &values).await
}

/// Cancels one of the caller's jobs, where that can be.
pub async fn cancel(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    id: JobId,
) -> Result<Answer<MyJob>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::BigInt(id.0)];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.cancel_my_job($1, $2))",
        &values,
    )
    .await
}

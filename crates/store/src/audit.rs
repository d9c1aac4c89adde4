//! The audit log, to be read; what is written into it is written by the command that it tells of.

use auth::{AccountCaller, AdminCaller};
use contract::{AuditList, MyAudit};

use crate::answer::{Answer, ask};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};
use crate::page::Page;

/// The whole log, for admins.
pub async fn list_all(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AuditList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_audit($1, $2)",
        &values,
    )
    .await
}

/// At most `limit` of what was done to the caller's account, before the entry `before`.
pub async fn list(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    before: i64,
    limit: i32,
) -> Result<Answer<MyAudit>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::BigInt(before), Value::Int(limit)];
    ask(
        database,
        Access::Read,
        "select api.my_audit($1, $2, $3)",
        &values,
    )
    .await
}

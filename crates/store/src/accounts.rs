//! Accounts and their subscriptions.

use auth::{AccountCaller, AdminCaller};
use contract::{Account, AccountSetup, AdminAccountList, AdminStatus, Subscription};
use domain::{Plan, limit_as_number};
use serde_json::{Value as Json, json};

use crate::answer::{Answer, ask};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};
use crate::page::Page;

/// The caller's account with what belongs to it.
pub async fn find(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Account>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Read,
        "select api.my_account($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// Whether the caller is an admin.
pub async fn admin_status(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<AdminStatus>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Read,
        "select api.my_admin_status($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// Gives the caller the free subscription, unless it has one of any kind.
pub async fn set_up(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<AccountSetup>, DatabaseError> {
    let (call, limits) = (call.json(), limits_json(Plan::Free));
    let values = [Value::Json(&call), Value::Json(&limits)];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.setup_account($1, $2))",
        &values,
    )
    .await
}

/// The caller's subscription that counts.
pub async fn current_subscription(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Subscription>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Read,
        "select api.my_subscription($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// All accounts, for admins.
pub async fn list_all(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminAccountList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_accounts($1, $2)",
        &values,
    )
    .await
}

fn limits_json(plan: Plan) -> Json {
    let limits = &plan.terms().limits;
    json!({
        "max_agents": limit_as_number(limits.max_agents),
        "max_messages_per_day": limit_as_number(limits.max_messages_per_day),
        "max_storage_gb": limit_as_number(limits.storage_gb),
    })
}

//! Accounts and their subscriptions.

use auth::{AccountCaller, AdminCaller};
use contract::{
    Account, AccountRemoved, AccountSetup, AccountStatusChanged, AdminAccountDetail,
    AdminAccountList, AdminChanged, AdminStatus, ChangeMyAccount, EditAccount, LoggedOut,
    Subscription,
};
use domain::{AccountId, DunningDays, Plan, limit_as_number};
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

/// Changes names of the caller's account.
pub async fn change(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    change: &ChangeMyAccount,
) -> Result<Answer<Account>, DatabaseError> {
    let (call, change) = (call.json(), json!(change));
    let values = [Value::Json(&call), Value::Json(&change)];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.change_my_account($1, $2))",
        &values,
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

/// The caller's subscription that counts, with the days of what happens while it is not paid for.
pub async fn current_subscription(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    days: DunningDays,
) -> Result<Answer<Subscription>, DatabaseError> {
    let (call, days) = (call.json(), json!(days));
    let values = [Value::Json(&call), Value::Json(&days)];
    ask(
        database,
        Access::Read,
        "select api.my_subscription($1, $2)",
        &values,
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

/// Any account in detail, for admins.
pub async fn find_any(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: AccountId,
) -> Result<Answer<AdminAccountDetail>, DatabaseError> {
    let (call, id) = (call.json(), id.to_string());
    let values = [Value::Json(&call), Value::Text(&id)];
    ask(
        database,
        Access::Read,
        "select api.admin_account($1, $2::text::uuid)",
        &values,
    )
    .await
}

/// Gives an account these names and notes, and no others; for admins.
pub async fn edit(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: AccountId,
    names: &EditAccount,
) -> Result<Answer<AdminAccountDetail>, DatabaseError> {
    let (call, id, names) = (call.json(), id.to_string(), json!(names));
    let values = [Value::Json(&call), Value::Text(&id), Value::Json(&names)];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.edit_account($1, $2::text::uuid, $3))",
        &values,
    )
    .await
}

/// Whether an account may come in; an admin's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may not, and its instances stop.
    Suspended,
    /// It may, and its instances are as they were.
    Active,
}

/// Suspends an account or lets it in again, for admins.
pub async fn change_status(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: AccountId,
    admission: Admission,
    reason: &str,
) -> Result<Answer<AccountStatusChanged>, DatabaseError> {
    let (call, id) = (call.json(), id.to_string());
    let status = match admission {
        Admission::Suspended => "suspended",
        Admission::Active => "active",
    };
    let values = [
        Value::Json(&call),
        Value::Text(&id),
        Value::Text(status),
        Value::Text(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.change_account_status($1, $2::text::uuid, $3, $4))",
        &values,
    )
    .await
}

/// Makes an account an admin or takes that away; for admins.
pub async fn change_admin(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: AccountId,
    is_admin: bool,
    reason: &str,
) -> Result<Answer<AdminChanged>, DatabaseError> {
    let (call, id) = (call.json(), id.to_string());
    let values = [
        Value::Json(&call),
        Value::Text(&id),
        Value::Text(if is_admin { "true" } else { "false" }),
        Value::Text(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.change_admin($1, $2::text::uuid, $3::text::boolean, $4))",
        &values,
    )
    .await
}

/// Has an account deleted for good, confirmed by its address; for admins.
pub async fn remove(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: AccountId,
    confirm: &str,
    reason: &str,
) -> Result<Answer<AccountRemoved>, DatabaseError> {
    let (call, id) = (call.json(), id.to_string());
    let values = [
        Value::Json(&call),
        Value::Text(&id),
        Value::Text(confirm),
        Value::Text(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.remove_account($1, $2::text::uuid, $3, $4))",
        &values,
    )
    .await
}

/// Ends every session that an admin has with the API host.
pub async fn end_sessions(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
) -> Result<Answer<LoggedOut>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.end_sessions($1))",
        &[Value::Json(&call)],
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

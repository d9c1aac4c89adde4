//! Instances: reads, wishes, checks.

use auth::{AccountCaller, AdminCaller, Scope, SystemCaller};
use contract::{
    ActionResult, AdminInstanceDetail, AdminInstanceList, Events, HealthChecks, Instance,
    InstanceList, InstancesSynced,
};
use domain::{AccountId, InstanceId, Plan, Subdomain};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::answer::{Answer, Begun, ask, begin};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};
use crate::page::Page;

/// What a caller can wish of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish<'a> {
    /// Up, and only where it is in error: tried again. For admins; an account's own asks for an instance.
    Provision,
    /// Up.
    Start,
    /// Down, data kept.
    Stop,
    /// Down and up again.
    Restart,
    /// Gone; carries the subdomain as a person typed it.
    Delete(&'a str),
}

impl<'a> Wish<'a> {
    const fn confirm(self) -> Option<&'a str> {
        match self {
            Self::Delete(confirm) => Some(confirm),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Delete(_) => "delete",
        }
    }
}

/// The caller's instances.
pub async fn list(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<InstanceList>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Read,
        "select api.my_instances($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// One of the caller's instances, in detail.
pub async fn find(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    id: InstanceId,
) -> Result<Answer<Instance>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Int(id.0)];
    ask(
        database,
        Access::Read,
        "select api.my_instance($1, $2)",
        &values,
    )
    .await
}

/// What happened to one of the caller's instances after the event `after`.
pub async fn events(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    id: InstanceId,
    after: i64,
) -> Result<Answer<Events>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Int(id.0), Value::BigInt(after)];
    ask(
        database,
        Access::Read,
        "select api.my_instance_events($1, $2, $3)",
        &values,
    )
    .await
}

/// Wishes an instance for the caller's subscription under the first free one of `names`.
pub async fn provision(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    names: &[Subdomain],
    display_name: Option<&str>,
) -> Result<Answer<ActionResult>, DatabaseError> {
    let (call, allowed) = (call.json(), instances_by_plan());
    let names: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
    let values = [
        Value::Json(&call),
        Value::Texts(&names),
        Value::MaybeText(display_name),
        Value::Json(&allowed),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.provision($1, $2, $3, $4))",
        &values,
    )
    .await
}

/// The same for anybody's subscription, for machines.
pub async fn provision_for(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
    account: AccountId,
    names: &[Subdomain],
    display_name: Option<&str>,
) -> Result<Answer<ActionResult>, DatabaseError> {
    let (call, account) = (call.json(Scope::Provision), account.to_string());
    let allowed = instances_by_plan();
    let names: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
    let values = [
        Value::Json(&call),
        Value::Text(&account),
        Value::Texts(&names),
        Value::MaybeText(display_name),
        Value::Json(&allowed),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.system_provision($1, $2::text::uuid, $3, $4, $5))",
        &values,
    )
    .await
}

/// Records what the caller wishes one instance to be, with the job that makes it so.
pub async fn record_wish(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    id: InstanceId,
    wish: Wish<'_>,
) -> Result<Answer<ActionResult>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Int(id.0),
        Value::Text(wish.word()),
        Value::MaybeText(wish.confirm()),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.record_wish($1, $2, $3, $4))",
        &values,
    )
    .await
}

/// Any instance in detail, for admins.
pub async fn find_any(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: InstanceId,
) -> Result<Answer<AdminInstanceDetail>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Int(id.0)];
    ask(
        database,
        Access::Read,
        "select api.admin_instance($1, $2)",
        &values,
    )
    .await
}

/// Records what an admin wishes anybody's instance to be.
pub async fn record_admin_wish(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    id: InstanceId,
    wish: Wish<'_>,
    reason: Option<&str>,
) -> Result<Answer<ActionResult>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Int(id.0),
        Value::Text(wish.word()),
        Value::MaybeText(wish.confirm()),
        Value::MaybeText(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.admin_wish($1, $2, $3, $4, $5))",
        &values,
    )
    .await
}

/// Records what a machine wishes any instance to be. A deletion is not confirmed by anything typed.
pub async fn record_system_wish(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
    id: InstanceId,
    wish: Wish<'_>,
) -> Result<Answer<ActionResult>, DatabaseError> {
    let call = call.json(Scope::Provision);
    let values = [
        Value::Json(&call),
        Value::Int(id.0),
        Value::Text(wish.word()),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.system_wish($1, $2, $3))",
        &values,
    )
    .await
}

/// Whether a name is another instance's, or was another account's not long ago.
pub async fn is_name_taken(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    name: &str,
) -> Result<Answer<bool>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Text(name)];
    ask(
        database,
        Access::Read,
        "select api.subdomain_taken($1, $2)",
        &values,
    )
    .await
}

/// All instances, for admins.
pub async fn list_all(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminInstanceList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_instances($1, $2)",
        &values,
    )
    .await
}

/// Has all instances reconciled, or only says how many, for admins.
pub async fn sync(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    preview: bool,
    reason: Option<&str>,
) -> Result<Answer<InstancesSynced>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Text(if preview { "true" } else { "false" }),
        Value::MaybeText(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.admin_sync_instances($1, $2::text::boolean, $3))",
        &values,
    )
    .await
}

/// Has all instances reconciled, for machines.
pub async fn sync_by_system(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
) -> Result<Answer<InstancesSynced>, DatabaseError> {
    let call = call.json(Scope::Maintenance);
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.system_sync_instances($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// An instance whose check is due.
#[derive(Debug, Clone, Deserialize)]
pub struct DueCheck {
    /// Which.
    pub id: Uuid,
    /// As the gateway reaches it.
    pub internal_urls: InternalUrls,
    /// As the world reaches its dashboard.
    pub web_url: String,
    /// As the world reaches its homeserver.
    pub matrix_url: String,
}

/// Where an instance's parts listen.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct InternalUrls {
    /// Its dashboard.
    pub web: Option<String>,
    /// Its homeserver.
    pub matrix: Option<String>,
}

/// What a check saw.
#[derive(Debug, Clone, Serialize)]
pub struct CheckResult {
    /// Which instance.
    pub id: Uuid,
    /// Both parts answered.
    pub healthy: bool,
    /// How long the slower one took.
    pub latency_ms: i32,
    /// What was wrong.
    pub detail: Option<String>,
}

/// How many checks were handed to the daemon.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct HandedOver {
    /// Instances that missed three in a row, or answer again after a person was asked.
    pub handed_over: u32,
}

/// Takes at most `limit` instances whose check is due.
pub async fn claim_checks(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
    limit: i32,
) -> Result<Answer<Begun<Vec<DueCheck>, HealthChecks>>, DatabaseError> {
    let call = call.json(Scope::Health);
    let values = [Value::Json(&call), Value::Int(limit)];
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.claim_health_checks($1, $2))",
        &values,
    )
    .await
}

/// Writes what the checks saw. The key, if any, is in hand since the checks were taken.
pub async fn save_checks(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
    results: &[CheckResult],
) -> Result<Answer<HandedOver>, DatabaseError> {
    let (call, results) = (call.json(Scope::Health), json!(results));
    let values = [Value::Json(&call), Value::Json(&results)];
    ask(
        database,
        Access::Write,
        "select api.save_health_checks($1::jsonb - 'idempotency', $2)",
        &values,
    )
    .await
}

fn instances_by_plan() -> Json {
    Plan::ALL
        .iter()
        .map(|plan| (plan.key().to_owned(), json!(plan.terms().limits.instances)))
        .collect()
}

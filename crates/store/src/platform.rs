//! The platform's own health and figures.

use std::collections::BTreeMap;

use auth::{AdminCaller, Scope, SystemCaller};
use contract::{AdminDashboard, AdminStats};
use domain::{CURRENCY, Plan};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::answer::{Answer, ask};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};

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

/// The platform in figures, for admins.
pub async fn stats(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
) -> Result<Answer<AdminStats>, DatabaseError> {
    let (call, prices) = (call.json(), prices());
    let values = [Value::Json(&call), Value::Json(&prices)];
    ask(
        database,
        Access::Read,
        "select api.admin_stats($1, $2)",
        &values,
    )
    .await
}

/// The same with what is new and the last thirty days, for charts.
pub async fn dashboard(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
) -> Result<Answer<AdminDashboard>, DatabaseError> {
    let (call, prices) = (call.json(), prices());
    let values = [Value::Json(&call), Value::Json(&prices)];
    ask(
        database,
        Access::Read,
        "select api.admin_dashboard($1, $2)",
        &values,
    )
    .await
}

/// What a scraper is told.
#[derive(Debug, Clone, Deserialize)]
pub struct Figures {
    /// By class and state; none where there is no job.
    pub jobs: Vec<Depth>,
    /// By status; none where there is no instance.
    pub instances: BTreeMap<String, i64>,
    /// Past the deadline of their status.
    pub overdue_instances: i64,
    /// That ask for a person, because repairs did not help.
    pub attention_instances: i64,
    /// Settled in another status than was wished.
    pub drifted_instances: i64,
    /// Of instances that should run.
    pub missed_checks: MissedChecks,
    /// Stripe's events that were not acted on.
    pub webhook_events: WebhookEvents,
}

/// Jobs of a class in a state.
#[derive(Debug, Clone, Deserialize)]
pub struct Depth {
    /// 0 interactive, 1 bulk, 2 checks.
    pub class: usize,
    /// queued (and due), running or dead.
    pub state: String,
    /// How many.
    pub jobs: i64,
    /// Seconds since the oldest was due, or since its last attempt began.
    pub oldest_s: f64,
}

/// Instances that did not answer their last check.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct MissedChecks {
    /// How many.
    pub instances: i64,
    /// Most misses in a row.
    pub most: i64,
}

/// Events that were received and not acted on.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct WebhookEvents {
    /// Their job is to come.
    pub waiting: i64,
    /// Put aside, since nobody knows whose they are.
    pub parked: i64,
    /// Seconds since the oldest that waits was received.
    pub oldest_s: f64,
}

/// What a scraper is told of the platform.
pub async fn metrics(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
) -> Result<Answer<Figures>, DatabaseError> {
    let call = call.json(Scope::Metrics);
    ask(
        database,
        Access::Read,
        "select api.system_metrics($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// What each plan costs, in minor units; null by agreement.
fn prices() -> Json {
    let plans = Plan::ALL.iter().map(|plan| {
        let terms = plan.terms();
        let price = json!({"monthly": terms.price_monthly, "yearly": terms.price_yearly});
        (plan.key().to_owned(), price)
    });
    let mut prices: Json = plans.collect();
    prices["currency"] = json!(CURRENCY);
    prices
}

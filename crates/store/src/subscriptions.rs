//! An account's own subscription, its invoices, and what was used under it.

use auth::AccountCaller;
use contract::{Invoices, Usage};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::answer::{Answer, Begun, ask, begin};
use crate::billing::Customer;
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};

/// Lets the caller in to a command on its subscription, which goes on at Stripe. `F` is what it answers in the end.
pub async fn context<F: DeserializeOwned>(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Begun<Customer, F>>, DatabaseError> {
    let call = call.json();
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.subscription_context($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// When what was noted happened.
#[derive(Debug, Clone, Deserialize)]
pub struct Noted {
    /// When the end was asked for, RFC 3339, where the details name it.
    pub cancelled_at: Option<String>,
}

/// Notes what Stripe did to the caller's subscription: `action` is cancel, reactivate or change. `details` may have
/// `cancelled`, Unix seconds.
pub async fn note(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    action: &str,
    subscription: &str,
    details: &Json,
) -> Result<Answer<Noted>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Text(action),
        Value::Text(subscription),
        Value::Json(details),
    ];
    ask(
        database,
        Access::Write,
        "select api.note_subscription($1, $2, $3, $4)",
        &values,
    )
    .await
}

/// The caller's invoices.
pub async fn invoices(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Invoices>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Read,
        "select api.my_invoices($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// What the caller used in the last `days` days.
pub async fn usage(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    days: i32,
) -> Result<Answer<Usage>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Int(days)];
    ask(
        database,
        Access::Read,
        "select api.my_usage($1, $2)",
        &values,
    )
    .await
}

//! What admins list of money and use, and Stripe's events.

use auth::AdminCaller;
use contract::{
    AdminPaymentList, AdminSubscriptionList, AdminUsageList, AdminWebhookEventList, Replayed,
};

use crate::answer::{Answer, ask};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};
use crate::page::Page;

/// All subscriptions.
pub async fn subscriptions(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminSubscriptionList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_subscriptions($1, $2)",
        &values,
    )
    .await
}

/// All payments.
pub async fn payments(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminPaymentList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_payments($1, $2)",
        &values,
    )
    .await
}

/// What was used, by day and subscription.
pub async fn usage(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminUsageList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_usage($1, $2)",
        &values,
    )
    .await
}

/// Stripe's events.
pub async fn events(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    page: &Page,
) -> Result<Answer<AdminWebhookEventList>, DatabaseError> {
    let (call, page) = (call.json(), page.json());
    let values = [Value::Json(&call), Value::Json(&page)];
    ask(
        database,
        Access::Read,
        "select api.admin_webhook_events($1, $2)",
        &values,
    )
    .await
}

/// Has a stored event acted on again.
pub async fn replay(
    database: &impl Database,
    call: Call<'_, AdminCaller>,
    event: &str,
    reason: Option<&str>,
) -> Result<Answer<Replayed>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Text(event),
        Value::MaybeText(reason),
    ];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.replay_event($1, $2, $3))",
        &values,
    )
    .await
}

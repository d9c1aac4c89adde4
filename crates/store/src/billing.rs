//! Checkout, portal, and Stripe's events.

use auth::{AccountCaller, Scope, SystemCaller};
use contract::{Enqueued, Redirect, WebhookReceipt};
use domain::{BillingCycle, Plan};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::answer::{Answer, Begun, ask, begin};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};

/// What a checkout needs to know.
#[derive(Debug, Clone, Deserialize)]
pub struct CheckoutContext {
    /// The account's customer at Stripe, if it has one.
    pub customer_id: Option<String>,
    /// There is a subscription that has not ended: it is changed, paid or resumed on the portal.
    pub has_subscription: bool,
    /// There was one, so there is no second trial.
    pub trial_used: bool,
    /// A session that was not finished.
    pub open_session: Option<OpenSession>,
}

/// A Checkout Session that was not finished.
#[derive(Debug, Clone, Deserialize)]
pub struct OpenSession {
    /// Stripe's id.
    pub id: String,
    /// Its page.
    pub url: String,
    /// For the same plan and cycle, and not about to expire.
    pub reusable: bool,
}

impl OpenSession {
    /// The way to its page.
    pub fn redirect(&self) -> Redirect {
        Redirect {
            url: self.url.clone(),
        }
    }
}

/// The account's customer at Stripe.
#[derive(Debug, Clone, Deserialize)]
pub struct Customer {
    /// Stripe's id.
    pub customer_id: String,
}

/// Lets the caller in to a checkout, which goes on at Stripe.
pub async fn checkout_context(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    plan: Plan,
    cycle: BillingCycle,
) -> Result<Answer<Begun<CheckoutContext, Redirect>>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Text(plan.key()),
        Value::Text(cycle.key()),
    ];
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.checkout_context($1, $2, $3))",
        &values,
    )
    .await
}

/// Keeps the caller's customer; answers the one that was kept first.
pub async fn save_customer(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    customer_id: &str,
) -> Result<Answer<Customer>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Text(customer_id)];
    ask(
        database,
        Access::Write,
        "select api.save_customer($1, $2)",
        &values,
    )
    .await
}

/// A session that was just opened.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Stripe's id.
    pub id: &'a str,
    /// Its page.
    pub url: &'a str,
    /// For which plan.
    pub plan: Plan,
    /// For which cycle.
    pub cycle: BillingCycle,
    /// Unix seconds.
    pub expires_at: i64,
}

/// Whether a new session was kept.
#[derive(Debug, Clone, Deserialize)]
pub struct KeptSession {
    /// The account's open session, when another request was faster to open one.
    pub instead: Option<OpenSession>,
}

/// Keeps the caller's open session in place of `former`, which is closed at Stripe.
pub async fn save_checkout(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    session: NewSession<'_>,
    former: Option<&str>,
) -> Result<Answer<KeptSession>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Text(session.id),
        Value::Text(session.plan.key()),
        Value::Text(session.cycle.key()),
        Value::Text(session.url),
        Value::BigInt(session.expires_at),
        Value::MaybeText(former),
    ];
    ask(
        database,
        Access::Write,
        "select api.save_checkout($1, $2, $3, $4, $5, $6, $7)",
        &values,
    )
    .await
}

/// Notes that the checkout sends the caller to the billing portal.
pub async fn note_portal(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    customer_id: &str,
) -> Result<Answer<bool>, DatabaseError> {
    let call = call.json();
    let values = [Value::Json(&call), Value::Text(customer_id)];
    ask(
        database,
        Access::Write,
        "select api.note_portal($1, $2)",
        &values,
    )
    .await
}

/// Has all subscriptions compared with Stripe by the daemon.
pub async fn reconcile(
    database: &impl Database,
    call: Call<'_, SystemCaller>,
) -> Result<Answer<Enqueued>, DatabaseError> {
    let call = call.json(Scope::Maintenance);
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.reconcile_billing($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// Lets the caller in to the billing portal, which goes on at Stripe.
pub async fn portal_context(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Begun<Customer, Redirect>>, DatabaseError> {
    let call = call.json();
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.portal_context($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// Stores an event whose signature was checked. `facts` has id, type, object_type, object_id, customer_id,
/// created, livemode, api_version, address and request_id; `payload` is the event as it came.
pub async fn receive_event(
    database: &impl Database,
    facts: &Json,
    payload: &Json,
) -> Result<Answer<WebhookReceipt>, DatabaseError> {
    let values = [Value::Json(facts), Value::Json(payload)];
    ask(
        database,
        Access::Write,
        "select api.receive_event($1, $2)",
        &values,
    )
    .await
}

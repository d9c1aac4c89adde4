//! What the law gives a person: export, consent, and the end of their account.

use auth::AccountCaller;
use contract::{ChangeConsent, ConsentChanged, DeletionCancelled, DeletionRequested, HeldData};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{Answer, Begun, ask, begin};
use crate::call::Call;
use crate::database::{Access, Database, DatabaseError, Value};

/// Everything that is held on the caller, who may be deleted.
pub async fn export(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<HeldData>, DatabaseError> {
    let call = call.json();
    // it is audited, hence not sent twice
    ask(
        database,
        Access::Write,
        "select api.export_account($1)",
        &[Value::Json(&call)],
    )
    .await
}

/// Keeps what the caller agrees to.
pub async fn consent(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    consent: &ChangeConsent,
) -> Result<Answer<ConsentChanged>, DatabaseError> {
    let (call, consent) = (call.json(), json!(consent));
    let values = [Value::Json(&call), Value::Json(&consent)];
    ask(
        database,
        Access::Write,
        "select api.answered($1, api.change_consent($1, $2))",
        &values,
    )
    .await
}

/// What has to be ended at Stripe before an account goes.
#[derive(Debug, Clone, Deserialize)]
pub struct Leaving {
    /// The account's customer.
    pub customer_id: Option<String>,
    /// A checkout that could still be paid.
    pub open_session: Option<String>,
}

/// Lets the caller in to the end of its account, which goes on at Stripe.
pub async fn leave(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Begun<Leaving, DeletionRequested>>, DatabaseError> {
    let call = call.json();
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.deletion_context($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// When an account will be gone.
#[derive(Debug, Clone, Deserialize)]
pub struct Scheduled {
    /// RFC 3339.
    pub due_at: String,
}

/// Puts the caller's account out and has it deleted in `days` days. `subscriptions` end with their period for it.
pub async fn schedule(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
    subscriptions: &[String],
    days: i32,
) -> Result<Answer<Scheduled>, DatabaseError> {
    let call = call.json();
    let values = [
        Value::Json(&call),
        Value::Texts(subscriptions),
        Value::Int(days),
    ];
    ask(
        database,
        Access::Write,
        "select api.schedule_deletion($1, $2, $3)",
        &values,
    )
    .await
}

/// What has to go on at Stripe before an account is back.
#[derive(Debug, Clone, Deserialize)]
pub struct Returning {
    /// Whether it is on its way out at all.
    pub pending: bool,
    /// Those that end with their period for it.
    pub subscriptions: Vec<String>,
}

/// Lets the caller in to come back, which goes on at Stripe.
pub async fn come_back(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<Begun<Returning, DeletionCancelled>>, DatabaseError> {
    let call = call.json();
    begin(
        database,
        Access::Write,
        "select api.begun($1, api.return_context($1))",
        &[Value::Json(&call)],
    )
    .await
}

/// Makes the caller's account what it was.
pub async fn take_back(
    database: &impl Database,
    call: Call<'_, AccountCaller>,
) -> Result<Answer<bool>, DatabaseError> {
    let call = call.json();
    ask(
        database,
        Access::Write,
        "select api.take_deletion_back($1)",
        &[Value::Json(&call)],
    )
    .await
}

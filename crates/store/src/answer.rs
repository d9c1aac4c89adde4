//! What the database functions of schema `api` answer: data or a refusal, and how the caller's limit stands.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::database::{Access, Database, DatabaseError, Value};

/// How many requests a caller has left in this minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Rate {
    /// Requests a minute.
    pub limit: u32,
    /// Of these, how many are left.
    pub remaining: u32,
    /// Seconds until the minute ends.
    pub reset: u32,
}

/// Why the database did not do what was asked. The words are those of the migrations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// Too many requests in this minute.
    RateLimited,
    /// An admin suspended the account.
    AccountSuspended,
    /// The account was deleted.
    AccountDeleted,
    /// The account's address waits to be confirmed.
    AddressNotConfirmed,
    /// The account is no admin's.
    AdminOnly,
    /// No live key of a machine has this digest.
    UnknownKey,
    /// The key may not do this.
    ScopeMissing {
        /// What it would have to have.
        scope: String,
    },
    /// The account has no subscription, not even the free one.
    NoSubscription,
    /// No such instance, or another account's.
    InstanceNotFound,
    /// The plan comes without an instance.
    PlanHasNoInstance,
    /// A charge failed; nothing new is started.
    PaymentPastDue,
    /// The subscription ended or never began.
    SubscriptionInactive,
    /// The former instance is still being deleted.
    InstanceBeingDeleted,
    /// Another account has or had the name.
    SubdomainTaken,
    /// The typed confirmation is not the instance's subdomain.
    ConfirmationDiffers,
    /// The instance is deleted or being deleted.
    InstanceDeleted,
    /// The instance is stopped: start it rather than restart it.
    InstanceStopped,
    /// There was no checkout yet.
    NoCustomer,
    /// The list cannot be sorted by this field.
    UnknownSort,
}

/// An answer of the database.
#[derive(Debug)]
pub struct Answer<T> {
    /// How the caller's limit stands, where one applies.
    pub rate: Option<Rate>,
    /// What was asked for, or why not.
    pub outcome: Result<T, Refusal>,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Envelope<T> {
    rate: Option<Rate>,
    refusal: Option<Refusal>,
    data: Option<T>,
}

/// Calls a database function of schema `api` and reads its answer.
pub(crate) async fn ask<T: DeserializeOwned>(
    database: &impl Database,
    access: Access,
    statement: &'static str,
    values: &[Value<'_>],
) -> Result<Answer<T>, DatabaseError> {
    let json = database.fetch_json(access, statement, values).await?;
    let drift = |cause: String| DatabaseError::Unexpected { statement, cause };
    let envelope: Envelope<T> =
        serde_json::from_slice(&json).map_err(|error| drift(error.to_string()))?;
    let outcome = match (envelope.refusal, envelope.data) {
        (Some(refusal), _) => Err(refusal),
        (None, Some(data)) => Ok(data),
        (None, None) => return Err(drift("neither data nor refusal".to_owned())),
    };
    Ok(Answer {
        rate: envelope.rate,
        outcome,
    })
}

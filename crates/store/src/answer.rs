//! What the database functions of schema `api` answer: data or a refusal, how the caller's limit stands, and for
//! a command sent again under its key, what it answered the first time.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// Too many requests in this minute.
    RateLimited,
    /// An admin suspended the account.
    AccountSuspended,
    /// The account was deleted.
    AccountDeleted,
    /// The account was deleted for good; its token outlived it.
    AccountErased,
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
    /// The typed confirmation is not the account's address.
    AddressDiffers,
    /// The instance is deleted or being deleted.
    InstanceDeleted,
    /// The instance is stopped: start it rather than restart it.
    InstanceStopped,
    /// There was no checkout yet.
    NoCustomer,
    /// No such account.
    AccountNotFound,
    /// The account was deleted; it comes back by its own hand only.
    AccountIsDeleted,
    /// The account is an admin's: that is taken away first.
    AccountIsAdmin,
    /// The account is suspended or deleted.
    AccountNotActive {
        /// Which of them.
        status: String,
    },
    /// Nobody could come in any more.
    LastAdmin,
    /// Stripe sent no such event, or long ago.
    EventNotFound,
    /// There is no paid subscription that has not ended.
    NoPaidSubscription,
    /// The subscription goes on by itself.
    SubscriptionNotCancelled,
    /// That is the plan and cycle that it has.
    PlanUnchanged,
    /// The bank refused, or there is nothing to pay with.
    PaymentFailed,
    /// An admin's account is not deleted by its owner.
    AdminStays,
    /// The deletion is being done, and cannot be taken back.
    DeletionBegun,
    /// No such job, or another account's.
    JobNotFound,
    /// Only a dead job is begun anew or given up.
    JobNotDead {
        /// What it is instead.
        state: String,
    },
    /// The job cannot be cancelled, or not by this caller.
    JobNotCancellable {
        /// How it stands.
        state: String,
    },
    /// The list cannot be sorted by this field.
    UnknownSort,
    /// A request with the same idempotency key is under way.
    IdempotencyKeyInUse,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
}

/// An answer of the database.
#[derive(Debug)]
pub struct Answer<T> {
    /// How the caller's limit stands, where one applies.
    pub rate: Option<Rate>,
    /// What was asked for, or why not.
    pub outcome: Result<T, Refusal>,
    /// Nothing was done: this is what was answered when the same request came first.
    pub replayed: bool,
    /// What the command is called towards others as long as it is not done, when it has an idempotency key.
    pub claim: Option<Uuid>,
}

/// The first half of a command that goes on outside of the database.
#[derive(Debug)]
pub enum Begun<T, F> {
    /// Go on with this.
    Now(T),
    /// It was done before, and this is what was answered.
    Before(F),
}

/// An answer as the database writes it. `R` is what the command answers in the end.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned, R: DeserializeOwned")]
struct Envelope<T, R> {
    rate: Option<Rate>,
    claim: Option<Uuid>,
    replay: Option<Outcome<R>>,
    refusal: Option<Refusal>,
    data: Option<T>,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Outcome<T> {
    refusal: Option<Refusal>,
    data: Option<T>,
}

impl<T> Outcome<T> {
    fn read(self, statement: &'static str) -> Result<Result<T, Refusal>, DatabaseError> {
        match (self.refusal, self.data) {
            (Some(refusal), _) => Ok(Err(refusal)),
            (None, Some(data)) => Ok(Ok(data)),
            (None, None) => Err(DatabaseError::Unexpected {
                statement,
                cause: "neither data nor refusal".to_owned(),
            }),
        }
    }
}

/// Calls a database function of schema `api` and reads its answer.
pub(crate) async fn ask<T: DeserializeOwned>(
    database: &impl Database,
    access: Access,
    statement: &'static str,
    values: &[Value<'_>],
) -> Result<Answer<T>, DatabaseError> {
    let answer = begin::<T, T>(database, access, statement, values).await?;
    Ok(answer.map(|begun| match begun {
        Begun::Now(data) | Begun::Before(data) => data,
    }))
}

/// As [`ask`], for the first half of a command: under an idempotency key it may have been done before.
pub(crate) async fn begin<T: DeserializeOwned, F: DeserializeOwned>(
    database: &impl Database,
    access: Access,
    statement: &'static str,
    values: &[Value<'_>],
) -> Result<Answer<Begun<T, F>>, DatabaseError> {
    let json = database.fetch_json(access, statement, values).await?;
    let envelope: Envelope<T, F> =
        serde_json::from_slice(&json).map_err(|error| DatabaseError::Unexpected {
            statement,
            cause: error.to_string(),
        })?;
    let replayed = envelope.replay.is_some();
    let now = Outcome {
        refusal: envelope.refusal,
        data: envelope.data,
    };
    let outcome = match envelope.replay {
        Some(before) => before.read(statement)?.map(Begun::Before),
        None => now.read(statement)?.map(Begun::Now),
    };
    Ok(Answer {
        rate: envelope.rate,
        outcome,
        replayed,
        claim: envelope.claim,
    })
}

impl<T> Answer<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            rate: self.rate,
            outcome: self.outcome.map(change),
            replayed: self.replayed,
            claim: self.claim,
        }
    }
}

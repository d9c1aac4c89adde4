//! What can go wrong for a caller. One list for all functions, so that the same thing has the same status and
//! code everywhere.

use store::{DatabaseError, Refusal};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cannot be read at all.
    #[error("malformed: {0}")]
    Malformed(String),
    /// A field is wrong.
    #[error("{field} {message}")]
    Invalid {
        /// Which.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// No proof of who calls, or one that does not hold. The reason is for the log alone.
    #[error("not authenticated: {0}")]
    Unauthenticated(&'static str),
    /// Stripe's signature does not hold. The reason is for the log alone.
    #[error("signature refused: {0}")]
    Signature(String),
    /// `Idempotency-Key` was sent several times, or is no key.
    #[error("bad idempotency key")]
    BadIdempotencyKey,
    /// Nothing of that name.
    #[error("not found")]
    NotFound,
    /// The path is known, with other methods.
    #[error("method not allowed")]
    MethodNotAllowed(Vec<&'static str>),
    /// More than 1 MiB.
    #[error("body too large")]
    TooLarge,
    /// Not JSON by its own word.
    #[error("unsupported content type")]
    UnsupportedType,
    /// This environment does not sell the plan.
    #[error("plan is not sold: {0}")]
    NotSold(String),
    /// The database said no.
    #[error("refused: {0:?}")]
    Refused(Refusal, Option<store::Rate>),
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Stripe did not do it.
    #[error("stripe: {0}")]
    Stripe(#[from] stripe::Error),
    /// Another part did not answer.
    #[error("{0} is unavailable: {1}")]
    Unavailable(&'static str, String),
    /// A variable is missing or wrong: the operator's to mend.
    #[error("variable `{0}`: {1}")]
    Misconfigured(&'static str, String),
    /// A mistake of ours.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Whether the request itself is wrong, whoever sent it and however things stand.
    pub(crate) fn is_the_clients(&self) -> bool {
        matches!(
            self,
            Self::Malformed(_)
                | Self::Invalid { .. }
                | Self::BadIdempotencyKey
                | Self::NotFound
                | Self::TooLarge
                | Self::UnsupportedType
                | Self::NotSold(_)
        )
    }

    /// A wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }
}

//! What a kind of job is to the runner.

use std::time::Duration;

use futures::future::BoxFuture;
use store::daemon::Fenced;

use super::JobContext;

/// The body of one kind of job. May run twice for the same work: every step looks before it acts.
pub trait Handler: Send + Sync + 'static {
    /// The kind's name in the queue.
    fn kind(&self) -> &'static str;

    /// Why this process can do nothing about such jobs at present, if so. Other replicas are let go first then.
    fn obstacle(&self) -> Option<&'static str> {
        None
    }

    /// Longest time that one attempt may take; waiting is not part of it, since it is snoozed.
    fn deadline(&self) -> Duration;

    /// Does the work.
    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>>;
}

/// How an attempt ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The runner ends the job as done.
    Done,
    /// There was nothing to do any more.
    Superseded,
    /// The handler wrote the job's end together with its last observation.
    Finished,
}

/// How an attempt ended otherwise. Each says what happens next.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Not there yet: look again after this time, at no cost.
    #[error("waits")]
    Waiting(Duration),
    /// May work later.
    #[error("transient")]
    Transient {
        /// What went wrong.
        #[source]
        cause: anyhow::Error,
        /// When the other side said to come back.
        retry_after: Option<Duration>,
    },
    /// Will not work however often it is tried.
    #[error("permanent")]
    Permanent(#[source] anyhow::Error),
    /// The payload cannot be read.
    #[error("malformed")]
    Malformed(#[source] anyhow::Error),
    /// The handler wrote the job's end, which was no success.
    #[error("ended")]
    Ended,
    /// The claim is lost; somebody else works on it, or will.
    #[error("the claim is lost")]
    Lost,
    /// The process is ending; the work is handed back.
    #[error("handed back")]
    HandBack,
    /// Somebody asked to cancel it.
    #[error("cancelled")]
    Cancelled,
}

impl JobError {
    /// Something that may work later.
    pub fn transient(cause: impl Into<anyhow::Error>) -> Self {
        Self::Transient {
            cause: cause.into(),
            retry_after: None,
        }
    }

    /// Somebody who did not answer and is to be asked again after this time. That costs no attempt.
    pub fn unheard(cause: impl Into<anyhow::Error>, again: Duration) -> Self {
        Self::Transient {
            cause: cause.into(),
            retry_after: Some(again),
        }
    }

    /// Turns a stale write into a lost claim.
    pub fn check(fenced: Fenced) -> Result<(), Self> {
        match fenced {
            Fenced::Written => Ok(()),
            Fenced::Stale => {
                metrics::counter!("prov_stale_writes_rejected_total").increment(1);
                Err(Self::Lost)
            }
        }
    }
}

impl From<store::daemon::Error> for JobError {
    fn from(error: store::daemon::Error) -> Self {
        Self::transient(error)
    }
}

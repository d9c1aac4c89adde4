//! What brings an instance about. A driver only makes and looks; statuses and jobs are the reconcile's.

pub mod kubernetes;
pub mod local;
mod sign_ins;

use std::time::Duration;

use domain::Wish;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use store::daemon::instances::{self, Instance};
use store::daemon::{Claim, Db};
use uuid::Uuid;

/// A named part of the way to a wish, as the customer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Stable name.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
}

/// What the owner of an instance reads whose agents are paused.
const PAUSED: &str = "Its agents are paused until the plan is paid.";

/// The title of the step that sees to MindRoom.
fn mindroom_title(instance: &Instance) -> &'static str {
    if instance.is_ai_paused {
        "Pause MindRoom"
    } else {
        "Start MindRoom"
    }
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// What it ensures is so.
    Done,
    /// On its way: look again after this time.
    Waiting(Duration),
    /// Something outside is missing: look again after this time. The text is for the customer.
    Held(Duration, String),
    /// On its way, and something keeps it from arriving that may pass; if not, its time runs out.
    Hindered(Duration, String),
    /// As [`Self::Held`], but something is wrong.
    Trouble(Duration, String),
}

/// Whether what did not work may work another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It may.
    Transient,
    /// Never like this.
    Permanent,
    /// Not before somebody changes something outside; whether that is so is looked at after this time.
    Blocked(Duration),
    /// Nothing could be seen or done, through no fault of the instance: that costs it no attempt.
    Away(Outage),
}

/// The place where instances are does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Whether that is so for long enough that nothing is known of instances any more.
    pub is_lost: bool,
    /// When to come back.
    pub again: Duration,
}

/// Why a step did not work.
#[derive(Debug, thiserror::Error)]
#[error("{public}")]
pub struct DriverError {
    /// A sentence for the customer.
    pub public: &'static str,
    /// Whether trying again later may help.
    pub kind: ErrorKind,
    /// The chain for the log.
    #[source]
    pub cause: anyhow::Error,
}

impl DriverError {
    fn new(kind: ErrorKind, public: &'static str, cause: impl Into<anyhow::Error>) -> Self {
        Self {
            public,
            kind,
            cause: cause.into(),
        }
    }

    /// Something that may work later.
    pub fn transient(public: &'static str, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Transient, public, cause)
    }

    /// Something that never works like this.
    pub fn permanent(public: &'static str, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Permanent, public, cause)
    }

    /// Something that somebody has to make room for.
    pub fn blocked(public: &'static str, look: Duration, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Blocked(look), public, cause)
    }

    /// Something that nobody can do at present.
    pub fn away(public: &'static str, outage: Outage, cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Away(outage), public, cause)
    }
}

/// What is there now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Everything that the wish needs is there and answers.
    pub is_settled: bool,
    /// At least a part of it runs.
    pub is_partly_up: bool,
    /// `{web, matrix}`: how gateway and probes reach it.
    pub internal_urls: Value,
    /// The owner's Matrix id.
    pub owner_matrix_id: Option<String>,
    /// MindRoom's version, if it is there.
    pub mindroom_version: Option<String>,
    /// Synapse's version, if known.
    pub synapse_version: Option<String>,
    /// Something that the customer should know.
    pub notice: Option<String>,
    /// Parts that live and do not answer, also after several tries, as the customer knows them.
    pub silent: Vec<&'static str>,
}

/// An instance under a claim.
pub struct Work<'a> {
    /// Its row.
    pub instance: &'a Instance,
    /// The database, for secrets.
    pub db: &'a Db,
    /// The job that works on it.
    pub claim: Claim,
}

impl Work<'_> {
    /// The secret of that name; `fresh` becomes it when there is none yet.
    pub async fn secret(
        &self,
        name: &str,
        fresh: impl FnOnce() -> String,
    ) -> Result<String, DriverError> {
        let kept =
            instances::keep_secret(self.db, self.claim, self.instance.id, name, &fresh()).await;
        match kept {
            Ok(Some(secret)) => Ok(secret),
            // The next write under the claim finds out and ends the attempt.
            Ok(None) => Err(DriverError::transient(
                "Somebody else works on this instance.",
                anyhow::anyhow!("the claim is lost"),
            )),
            Err(error) => Err(DriverError::transient(
                "The platform's database does not answer.",
                error,
            )),
        }
    }
}

/// Makes instances. Every `ensure` looks before it acts and may be repeated at any time.
pub trait Driver: Send + Sync + 'static {
    /// Why nothing can be done from here at present, if so; from another replica it may.
    fn obstacle(&self) -> Option<&'static str> {
        None
    }

    /// Notes the claim's fence where the instance is, before anything there is changed. Answers the fence that
    /// is noted then: a higher one is a later claim's, and nothing may be changed under this one.
    fn raise_anchor<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<i64, DriverError>>;

    /// The steps to a wish, in order.
    fn plan(&self, instance: &Instance, wish: Wish) -> Vec<Step>;

    /// Sees to one step.
    fn ensure<'a>(
        &'a self,
        step: Step,
        work: &'a Work<'a>,
    ) -> BoxFuture<'a, Result<Progress, DriverError>>;

    /// Begins to end the parts that live and do not answer; the steps make them anew. Nothing to do where somebody else
    /// does that.
    fn repair<'a>(&'a self, _work: &'a Work<'a>) -> BoxFuture<'a, Result<(), DriverError>> {
        std::future::ready(Ok(())).boxed()
    }

    /// How many bytes an instance has in files beside its database, as far as the driver can see them.
    fn files_bytes(&self, _instance: Uuid) -> BoxFuture<'_, anyhow::Result<u64>> {
        std::future::ready(Ok(0)).boxed()
    }

    /// Looks, and changes nothing.
    fn observe<'a>(
        &'a self,
        instance: &'a Instance,
    ) -> BoxFuture<'a, Result<Observed, DriverError>>;
}

//! Jobs, as operators and as accounts see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A job of the queue, or how it ended, for operators.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminJob {
    /// Its number.
    pub id: i64,
    /// What it is about, such as `instance:<id>`: of one lane one job runs at a time.
    pub lane: String,
    /// What kind of work.
    pub kind: String,
    /// interactive, bulk or checks: each has slots of its own.
    pub class: String,
    /// queued, running, dead, done, superseded, blocked, cancelled or discarded.
    pub state: String,
    /// Attempts so far.
    pub attempt: i32,
    /// Of these, how many ended with the death of their worker.
    pub crashes: i32,
    /// Whose; none of the platform's own jobs.
    pub account_id: Option<Uuid>,
    /// Its address.
    pub account_email: Option<String>,
    /// The instance that its lane is.
    pub instance_id: Option<i32>,
    /// That instance's.
    pub subdomain: Option<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it is or was due; none once it has ended.
    #[schema(format = DateTime)]
    pub run_at: Option<String>,
    /// When the last attempt began.
    #[schema(format = DateTime)]
    pub claimed_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// The last one.
    pub error: Option<JobError>,
    /// Of the request that wished it, which the daemon's lines of the job have too.
    pub trace_id: Option<String>,
    /// What can be done with it now: retry, cancel, discard.
    pub actions: Vec<String>,
}

/// Why an attempt failed, for operators.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    /// Such as transient, permanent or poison.
    pub class: String,
    /// In words.
    pub message: Option<String>,
}

/// A page of jobs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AdminJobList {
    /// The page.
    pub data: Vec<AdminJob>,
    /// How many there are in all, of each state the newest 10,000; also in `X-Total-Count`.
    pub total: i64,
}

/// A job of the caller's account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MyJob {
    /// Its number.
    pub id: i64,
    /// What kind of work.
    pub kind: String,
    /// queued, running, dead, done, superseded, blocked, cancelled or discarded.
    pub state: String,
    /// Attempts so far.
    pub attempt: i32,
    /// The instance that it is about.
    pub instance_id: Option<i32>,
    /// While it waits: 1 is the next of its class. None while its time has not come.
    pub position: Option<i64>,
    /// It was cancelled and stops after the step under way.
    pub stopping: bool,
    /// Whether it can be cancelled now.
    pub can_be_cancelled: bool,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

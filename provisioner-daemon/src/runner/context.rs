//! What a running job is given.

use serde::de::DeserializeOwned;
use store::daemon::jobs::Job;
use store::daemon::{Claim, Db};
use tokio_util::sync::CancellationToken;

use super::leases::Lease;
use super::{Faults, JobError};

/// A running job's own view: what it is, and whether it may go on.
pub struct JobContext {
    /// The database.
    pub db: Db,
    /// The job as it was claimed.
    pub job: Job,
    pub(super) lease: Lease,
    pub(super) drain: CancellationToken,
    pub(super) faults: Faults,
}

impl JobContext {
    /// Job and fence, for writes.
    pub fn claim(&self) -> Claim {
        self.job.claim
    }

    /// The payload as its type.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobError> {
        serde_json::from_value(self.job.payload.clone())
            .map_err(|error| JobError::Malformed(error.into()))
    }

    /// A point at which tests may let the job fail.
    pub fn fault(&self, point: std::fmt::Arguments<'_>) -> Result<(), JobError> {
        self.faults.at(point)
    }

    /// To be asked between two steps: whether the next one may begin.
    pub fn may_go_on(&self) -> Result<(), JobError> {
        if self.lease.is_lost() {
            return Err(JobError::Lost);
        }
        if self.lease.is_cancel_asked() {
            return Err(JobError::Cancelled);
        }
        if self.drain.is_cancelled() {
            return Err(JobError::HandBack);
        }
        Ok(())
    }
}

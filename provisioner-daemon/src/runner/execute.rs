//! One attempt at one job: runs the handler within its bounds and records how it ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use serde_json::{Value, json};
use store::daemon::Fenced;
use store::daemon::jobs::{self, Fate, Job, Requeued};
use tracing::Instrument;

use super::context::JobContext;
use super::handler::{Handler, JobError, Outcome};
use super::leases::Lease;
use super::{Shared, retry};

/// Tries to record an end before it is left to the sweep.
const RECORD_TRIES: u32 = 3;

/// The longest that the other side may let us wait.
const LONGEST_ASKED: Duration = Duration::from_mins(10);

pub(super) async fn run(shared: &Arc<Shared>, class: usize, job: Job, lease: Lease) {
    let span = tracing::info_span!("job", job.id = job.claim.job, job.kind = %job.kind,
        job.lane = %job.lane, job.attempt = job.attempt, trace.id = job.trace_id());
    async {
        let began = Instant::now();
        let ended = attempt(shared, job.clone(), lease.clone()).await;
        metrics::histogram!("prov_job_seconds", "kind" => job.kind.clone()).record(began.elapsed());
        if lease.is_lost() && !matches!(ended, Ok(Outcome::Finished) | Err(JobError::Ended)) {
            count(&job.kind, "lost");
        } else {
            record(shared, class, &job, ended).await;
        }
        shared.leases.release(job.claim);
    }
    .instrument(span)
    .await;
}

/// Runs the handler until it ends, panics, is too slow, or loses its claim.
async fn attempt(shared: &Shared, job: Job, lease: Lease) -> Result<Outcome, JobError> {
    let Some(handler) = shared.handlers.get(job.kind.as_str()).cloned() else {
        return Err(JobError::HandBack); // never claimed, since claims name the kinds
    };
    let cx = JobContext {
        db: shared.db.clone(),
        job,
        lease: lease.clone(),
        drain: shared.drain.clone(),
        faults: shared.settings.faults.clone(),
    };
    let deadline = handler.deadline();
    tokio::select! {
        ended = guarded(&handler, &cx) => ended,
        () = lease.lost() => Err(JobError::Lost),
        () = lease.stopped() => Err(JobError::HandBack),
        () = tokio::time::sleep(deadline) => Err(JobError::transient(anyhow::anyhow!(
            "the attempt took longer than {} s", deadline.as_secs()))),
    }
}

/// A panic is an error of this job and of no other.
async fn guarded(handler: &Arc<dyn Handler>, cx: &JobContext) -> Result<Outcome, JobError> {
    let run = async {
        cx.fault(format_args!("claimed:{}", cx.job.kind))?;
        let ended = handler.run(cx).await?;
        cx.fault(format_args!("ended:{}", cx.job.kind))?;
        Ok(ended)
    };
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(ended) => ended,
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_default();
            Err(JobError::transient(anyhow::anyhow!("panic: {text}")))
        }
    }
}

fn count(kind: &str, how: &'static str) {
    metrics::counter!("prov_jobs_ended_total", "kind" => kind.to_owned(), "how" => how)
        .increment(1);
}

/// Writes how the attempt ended. When that does not work the lease expires and the sweep takes over.
async fn record(shared: &Shared, class: usize, job: &Job, ended: Result<Outcome, JobError>) {
    let how = Ending::of(shared, job, ended);
    count(&job.kind, how.word());
    if matches!(how, Ending::Nothing | Ending::Finish(..)) {
        let joined = u64::try_from(job.joined).unwrap_or_default();
        metrics::counter!("prov_jobs_merged_total").increment(joined);
    }
    for again in 0..RECORD_TRIES {
        match how.write(shared, class, job).await {
            // A test's process may end here; there is nothing left that could fail.
            Ok(()) => {
                let _ = shared
                    .settings
                    .faults
                    .at(format_args!("recorded:{}", job.kind));
                return;
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot record the end"
                );
                tokio::time::sleep(Duration::from_millis(200 << again)).await;
            }
        }
    }
}

/// What is to be written.
enum Ending {
    Nothing,
    Finish(jobs::Outcome, Option<Value>),
    Requeue {
        delay: Duration,
        refund: bool,
        error: Option<Value>,
    },
    Bury(Value),
}

impl Ending {
    fn of(shared: &Shared, job: &Job, ended: Result<Outcome, JobError>) -> Self {
        match ended {
            Ok(Outcome::Finished) | Err(JobError::Ended | JobError::Lost) => Self::Nothing,
            Ok(Outcome::Done) => Self::Finish(jobs::Outcome::Done, None),
            Ok(Outcome::Superseded) => Self::Finish(jobs::Outcome::Superseded, None),
            Err(JobError::Cancelled) => Self::Finish(jobs::Outcome::Cancelled, None),
            Err(JobError::Waiting(delay)) => Self::put_back(delay),
            Err(JobError::HandBack) => Self::put_back(Duration::ZERO),
            Err(JobError::Transient { cause, retry_after }) => {
                let asked = retry_after.map(|asked| asked.min(LONGEST_ASKED));
                let delay = asked
                    .unwrap_or_default()
                    .max(retry::delay(job.attempt, shared.settings.retry));
                tracing::warn!(error = %format!("{cause:#}"), delay_ms = delay.as_millis(), "will be tried again");
                Self::Requeue {
                    delay,
                    // Whoever names a time to come back is there; that uses no attempt up.
                    refund: asked.is_some(),
                    error: Some(text("transient", &cause)),
                }
            }
            Err(JobError::Permanent(cause)) => {
                tracing::error!(error = %format!("{cause:#}"), "blocked");
                Self::Finish(jobs::Outcome::Blocked, Some(text("permanent", &cause)))
            }
            Err(JobError::Malformed(cause)) => {
                tracing::error!(error = %format!("{cause:#}"), "malformed payload");
                Self::Bury(text("malformed", &cause))
            }
        }
    }

    fn put_back(delay: Duration) -> Self {
        Self::Requeue {
            delay,
            refund: true,
            error: None,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Nothing => "finished",
            Self::Finish(outcome, _) => outcome.word(),
            Self::Requeue { refund: true, .. } => "snoozed",
            Self::Requeue { .. } => "retried",
            Self::Bury(_) => "buried",
        }
    }

    async fn write(
        &self,
        shared: &Shared,
        class: usize,
        job: &Job,
    ) -> Result<(), store::daemon::Error> {
        let (db, claim) = (&shared.db, job.claim);
        match self {
            Self::Nothing => {}
            Self::Finish(outcome, error) => {
                let written = match (outcome, error) {
                    (jobs::Outcome::Done, None) => shared.ends.done(db, claim).await?,
                    _ => jobs::finish(db, claim, *outcome, error.as_ref()).await?,
                };
                note_if(written == Fenced::Stale, shared, job).await?;
            }
            Self::Requeue {
                delay,
                refund,
                error,
            } => {
                let became = jobs::requeue(db, claim, *delay, *refund, error.as_ref()).await?;
                note_if(became == Requeued::Stale, shared, job).await?;
                match became {
                    Requeued::Dead => tracing::error!("no attempts left; the job is dead"),
                    Requeued::Merged => {
                        metrics::counter!("prov_jobs_merged_total").increment(1);
                    }
                    Requeued::Queued | Requeued::Cancelled | Requeued::Stale => {}
                }
                shared.wakes.ring_after(class, *delay);
                if shared.drain.is_cancelled() {
                    // for the other replicas: this one takes nothing any more
                    jobs::ring(db, i32::try_from(class).unwrap_or(0)).await?;
                }
            }
            Self::Bury(error) => {
                let written = jobs::bury(db, claim, error).await?;
                note_if(written == Fenced::Stale, shared, job).await?;
            }
        }
        Ok(())
    }
}

/// A stale end: was it recorded before, by a statement whose answer got lost, or is the claim lost?
async fn note_if(is_stale: bool, shared: &Shared, job: &Job) -> Result<(), store::daemon::Error> {
    if !is_stale {
        return Ok(());
    }
    match jobs::fate(&shared.db, job.claim, &job.lane).await? {
        Fate::Ended | Fate::Waiting | Fate::Held => tracing::info!("its end had been recorded"),
        Fate::Lost => {
            metrics::counter!("prov_stale_writes_rejected_total").increment(1);
            tracing::warn!("the claim was lost before its end was recorded");
        }
    }
    Ok(())
}

/// An error as the job row keeps it: for operators, never for customers.
fn text(class: &str, cause: &anyhow::Error) -> Value {
    json!({"class": class, "message": format!("{cause:#}").chars().take(2000).collect::<String>()})
}

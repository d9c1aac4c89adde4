//! One pass over one instance.

use std::time::{Duration, Instant};

use domain::{InstanceStatus, Wish};
use serde_json::json;
use store::daemon::instances::{self, Instance, Seen, SeenStatus};
use store::daemon::jobs;

use super::statuses;
use crate::drivers::{Driver, DriverError, Observed, Progress, Step, Work};
use crate::runner::{JobContext, JobError, Outcome};

/// An overdue instance is looked at this often.
const OVERDUE_LOOK: Duration = Duration::from_secs(5);
const TOO_LONG: &str = "It took too long. Please try again; contact support if it stays so.";

pub(super) struct Attempt<'a> {
    cx: &'a JobContext,
    driver: &'a dyn Driver,
    instance: Instance,
    since: Instant,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        cx: &'a JobContext,
        driver: &'a dyn Driver,
        instance: Instance,
        since: Instant,
    ) -> Self {
        Self {
            cx,
            driver,
            instance,
            since,
        }
    }

    pub(super) async fn run(mut self) -> Result<Outcome, JobError> {
        let observed = self.observe().await?;
        let wants_restart = self.instance.restart_gen > self.instance.observed_restart_gen;
        if observed.is_settled
            && (!wants_restart || self.instance.wish != Wish::Running)
            && self.is_listed_done()
        {
            return self.settle(observed).await;
        }
        let on_the_way = statuses::on_the_way(&self.instance, &observed);
        // Out of `error` only once the first step works again, or the status would flicker.
        let mut is_told = self.instance.status != InstanceStatus::Error;
        if is_told {
            self.tell(on_the_way).await?;
        }
        let steps = self.driver.plan(&self.instance, self.instance.wish);
        self.list(&steps).await?;
        for step in steps {
            self.cx.may_go_on()?;
            let progress = self.attempt_step(step, is_told).await?;
            if !is_told && !matches!(progress, Progress::Trouble(..)) {
                self.tell(on_the_way).await?;
                is_told = true;
            }
            self.conclude(step, progress).await?;
        }
        let observed = self.observe().await?;
        if !observed.is_settled {
            return Err(JobError::Waiting(Duration::from_millis(250)));
        }
        self.settle(observed).await
    }

    async fn observe(&self) -> Result<Observed, JobError> {
        self.driver
            .observe(&self.instance)
            .await
            .map_err(|error| JobError::transient(error.cause))
    }

    /// Writes the status on the way, when it is another than the row has.
    async fn tell(&mut self, status: InstanceStatus) -> Result<(), JobError> {
        if status == self.instance.status {
            return Ok(());
        }
        self.write_status(status, statuses::reason(status)).await
    }

    async fn write_status(
        &mut self,
        status: InstanceStatus,
        reason: Option<&str>,
    ) -> Result<(), JobError> {
        let seen = Seen {
            status: Some(match statuses::deadline(status) {
                Some(deadline) => SeenStatus::until(status, reason, deadline),
                None => SeenStatus::stable(status, reason),
            }),
            ..Seen::default()
        };
        JobError::check(
            instances::observe(&self.cx.db, self.cx.claim(), self.instance.id, &seen).await?,
        )?;
        if self.instance.status != status {
            self.instance.is_overdue = false;
            self.instance.status_age_s = 0.0;
        }
        self.instance.status = status;
        self.instance.status_reason = reason.map(str::to_owned);
        Ok(())
    }

    /// Lists the steps of this generation, unless they are.
    async fn list(&mut self, steps: &[Step]) -> Result<(), JobError> {
        let is_listed = self.instance.progress_gen == self.instance.desired_gen
            && steps.len() == self.instance.progress.len()
            && steps
                .iter()
                .zip(&self.instance.progress)
                .all(|(step, entry)| step.name == entry.name);
        if is_listed {
            return Ok(());
        }
        let steps: Vec<(&str, &str)> = steps.iter().map(|step| (step.name, step.title)).collect();
        let generation = self.instance.desired_gen;
        let listed = instances::plan_steps(
            &self.cx.db,
            self.cx.claim(),
            self.instance.id,
            generation,
            &steps,
        )
        .await?;
        self.instance.progress = listed.ok_or(JobError::Lost)?;
        self.instance.progress_gen = generation;
        Ok(())
    }

    /// Whether no step of this generation is left open.
    fn is_listed_done(&self) -> bool {
        self.instance.progress_gen != self.instance.desired_gen
            || self
                .instance
                .progress
                .iter()
                .all(|step| step.state == "done")
    }

    fn state_of(&self, step: Step) -> &str {
        let entry = self
            .instance
            .progress
            .iter()
            .find(|entry| entry.name == step.name);
        entry.map_or("pending", |entry| entry.state.as_str())
    }

    async fn record(
        &mut self,
        step: Step,
        state: &str,
        detail: Option<&str>,
    ) -> Result<(), JobError> {
        if self.state_of(step) == state {
            return Ok(());
        }
        let (db, claim) = (&self.cx.db, self.cx.claim());
        JobError::check(
            instances::record_step(db, claim, self.instance.id, step.name, state, detail).await?,
        )?;
        if let Some(entry) = self
            .instance
            .progress
            .iter_mut()
            .find(|entry| entry.name == step.name)
        {
            state.clone_into(&mut entry.state);
        }
        Ok(())
    }

    /// Runs one step. One that was done before is only shown again when it turns out to take time.
    async fn attempt_step(&mut self, step: Step, is_told: bool) -> Result<Progress, JobError> {
        if is_told && self.state_of(step) != "done" {
            self.record(step, "running", None).await?;
        }
        let work = Work {
            instance: &self.instance,
            db: &self.cx.db,
            claim: self.cx.claim(),
        };
        let began = Instant::now();
        let ended = self.driver.ensure(step, &work).await;
        metrics::histogram!("prov_step_seconds", "step" => step.name).record(began.elapsed());
        match ended {
            Ok(progress) => Ok(progress),
            Err(error) => Err(self.fail(step, error).await?),
        }
    }

    /// Goes on, or ends the attempt until the step is worth another look.
    async fn conclude(&mut self, step: Step, progress: Progress) -> Result<(), JobError> {
        match progress {
            Progress::Done => {
                self.clear_reason().await?;
                self.record(step, "done", None).await
            }
            Progress::Waiting(after) => {
                self.clear_reason().await?;
                self.record(step, "running", None).await?;
                Err(self
                    .overdue(step)
                    .await?
                    .unwrap_or(JobError::Waiting(after)))
            }
            Progress::Held(after, reason) => {
                self.record(step, "running", None).await?;
                if self.instance.status_reason.as_deref() != Some(&reason) {
                    self.write_status(self.instance.status, Some(&reason))
                        .await?;
                }
                Err(JobError::Waiting(after))
            }
            Progress::Trouble(after, reason) => {
                if self.instance.status != InstanceStatus::Error {
                    self.record(step, "failed", Some(&reason)).await?;
                    self.write_status(InstanceStatus::Error, Some(&reason))
                        .await?;
                }
                Err(JobError::Waiting(after))
            }
        }
    }

    /// Takes back what was said of an obstacle that is no more.
    async fn clear_reason(&mut self) -> Result<(), JobError> {
        let status = self.instance.status;
        let usual = statuses::reason(status);
        if self.instance.status_reason.as_deref() == usual {
            return Ok(());
        }
        self.write_status(status, usual).await
    }

    /// A failed step: what the customer sees of it, and how the attempt ends.
    async fn fail(&mut self, step: Step, error: DriverError) -> Result<JobError, JobError> {
        self.record(step, "failed", Some(error.public)).await?;
        if error.is_permanent {
            return self.block(error.public, &error.cause).await;
        }
        if self.instance.status_reason.as_deref() != Some(error.public) {
            self.write_status(self.instance.status, Some(error.public))
                .await?;
        }
        if let Some(end) = self.overdue(step).await? {
            return Ok(end);
        }
        Ok(JobError::transient(error.cause))
    }

    /// What becomes of an instance that should have arrived by now.
    async fn overdue(&mut self, step: Step) -> Result<Option<JobError>, JobError> {
        let status = self.instance.status;
        let had_time =
            statuses::deadline(status).is_some_and(|deadline| self.since.elapsed() > deadline);
        if !self.instance.is_overdue || !had_time {
            return Ok(None);
        }
        metrics::counter!("prov_instances_overdue_total", "status" => status.word()).increment(1);
        match statuses::when_overdue(status) {
            Some(InstanceStatus::Error) => {
                self.record(step, "failed", Some(TOO_LONG)).await?;
                let cause =
                    anyhow::anyhow!("{} past its deadline at step {}", status.word(), step.name);
                self.block(TOO_LONG, &cause).await.map(Some)
            }
            Some(next) => {
                self.write_status(next, statuses::reason(next)).await?;
                Ok(Some(JobError::Waiting(OVERDUE_LOOK)))
            }
            None => {
                tracing::error!(
                    status = status.word(),
                    step = step.name,
                    "past its deadline"
                );
                Ok(Some(JobError::Waiting(OVERDUE_LOOK)))
            }
        }
    }

    /// Ends the job for good; a new wish begins anew.
    async fn block(&mut self, public: &str, cause: &anyhow::Error) -> Result<JobError, JobError> {
        let chain = format!("{cause:#}");
        tracing::error!(instance.id = %self.instance.id, error = %chain, "blocked");
        let seen = Seen {
            status: Some(SeenStatus::stable(InstanceStatus::Error, Some(public))),
            observed_gen: Some(self.instance.desired_gen),
            observed_restart_gen: Some(self.instance.restart_gen),
            ..Seen::default()
        };
        let error = json!({"class": "permanent", "message": chain});
        self.finish(jobs::Outcome::Blocked, Some(&error), &seen)
            .await?;
        // The end is written; for the runner there is nothing left to do.
        Ok(JobError::Ended)
    }

    async fn settle(&self, observed: Observed) -> Result<Outcome, JobError> {
        let is_up = self.instance.wish == Wish::Running;
        let seen = Seen {
            status: Some(SeenStatus::stable(
                statuses::arrived(self.instance.wish),
                None,
            )),
            observed_gen: Some(self.instance.desired_gen),
            observed_restart_gen: Some(self.instance.restart_gen),
            internal_urls: Some(if is_up {
                observed.internal_urls
            } else {
                json!({})
            }),
            owner_matrix_id: observed.owner_matrix_id.filter(|_| is_up),
            mindroom_version: is_up.then_some(observed.mindroom_version),
            synapse_version: observed.synapse_version.filter(|_| is_up),
            notice: is_up.then_some(observed.notice),
        };
        self.finish(jobs::Outcome::Done, None, &seen).await?;
        Ok(Outcome::Finished)
    }

    async fn finish(
        &self,
        outcome: jobs::Outcome,
        error: Option<&serde_json::Value>,
        seen: &Seen,
    ) -> Result<(), JobError> {
        let (db, claim) = (&self.cx.db, self.cx.claim());
        JobError::check(
            instances::finish_observed(db, claim, outcome, error, self.instance.id, seen).await?,
        )
    }
}

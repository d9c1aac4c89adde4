//! The steps of one pass: what the customer sees of them, and doing them.

use std::time::{Duration, Instant};

use domain::InstanceStatus;
use store::daemon::instances;
use tracing::Instrument;

use super::attempt::Attempt;
use crate::drivers::{ErrorKind, Progress, Step};
use crate::runner::JobError;

/// A wait that may outlast a deadline.
const LONG: Duration = Duration::from_mins(1);

impl Attempt<'_> {
    /// Lists the steps of this generation, unless they are.
    pub(super) async fn list(&mut self, steps: &[Step]) -> Result<(), JobError> {
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
    pub(super) fn is_listed_done(&self) -> bool {
        self.instance.progress_gen != self.instance.desired_gen
            || self
                .instance
                .progress
                .iter()
                .all(|step| step.state == "done")
    }

    pub(super) fn state_of(&self, step: Step) -> &str {
        let entry = self
            .instance
            .progress
            .iter()
            .find(|entry| entry.name == step.name);
        entry.map_or("pending", |entry| entry.state.as_str())
    }

    pub(super) async fn record(
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
        tracing::info!(step.name, state, "step");
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
    pub(super) async fn attempt_step(
        &mut self,
        step: Step,
        is_told: bool,
    ) -> Result<Progress, JobError> {
        if is_told && self.state_of(step) != "done" {
            self.record(step, "running", None).await?;
        }
        let wish = self.instance.wish.word();
        self.cx.fault(format_args!("before:{wish}:{}", step.name))?;
        let work = self.work();
        let began = Instant::now();
        let span = tracing::info_span!("step", step.name);
        let ended = self.driver.ensure(step, &work).instrument(span).await;
        metrics::histogram!("prov_step_seconds", "step" => step.name).record(began.elapsed());
        self.cx.fault(format_args!("after:{wish}:{}", step.name))?;
        match ended {
            Ok(progress) => Ok(progress),
            Err(error) => match error.kind {
                ErrorKind::Blocked(look) => {
                    tracing::warn!(error = format!("{:#}", error.cause), "blocked");
                    Ok(Progress::Trouble(look, error.public.to_owned()))
                }
                _ => Err(self.fail(step, error).await?),
            },
        }
    }

    /// Goes on, or ends the attempt until the step is worth another look.
    pub(super) async fn conclude(
        &mut self,
        step: Step,
        progress: Progress,
    ) -> Result<(), JobError> {
        match progress {
            Progress::Done => {
                self.clear_reason().await?;
                self.record(step, "done", None).await
            }
            Progress::Waiting(after) => {
                self.clear_reason().await?;
                self.record(step, "running", None).await?;
                let end = self.overdue(step, None).await?;
                Err(end.unwrap_or(JobError::Waiting(after.max(self.patience))))
            }
            Progress::Hindered(after, reason) => {
                self.record(step, "running", None).await?;
                if self.instance.status_reason.as_deref() != Some(&reason) {
                    self.write_status(self.instance.status, Some(&reason))
                        .await?;
                }
                let end = self.overdue(step, Some(&reason)).await?;
                Err(end.unwrap_or(JobError::Waiting(after)))
            }
            Progress::Held(after, reason) => {
                self.record(step, "running", None).await?;
                let is_news = self.instance.status_reason.as_deref() != Some(&reason);
                if is_news || self.instance.is_overdue || after >= LONG {
                    self.hold(after, &reason).await?;
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
}

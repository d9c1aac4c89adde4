//! Parts that live and do not answer: when they are made anew, and when a person is asked instead.

use std::time::Duration;

use domain::{InstanceStatus, Wish};
use store::daemon::instances;

use super::attempt::Attempt;
use super::statuses::{self, NextRepair};
use crate::drivers::Step;
use crate::runner::JobError;

/// While a repair is not due yet, whether it answers again is looked at this often.
const LOOK: Duration = Duration::from_secs(1);

impl Attempt<'_> {
    /// Whether it was repaired in vain and nobody has acted since.
    pub(super) fn waits_for_a_person(&self) -> bool {
        let has_news = self.instance.desired_gen > self.instance.observed_gen;
        self.instance.needs_attention && !has_news
    }

    /// Begins a repair where one is due. Somebody who wished something anew does not wait for it.
    pub(super) async fn repair(
        &mut self,
        status: InstanceStatus,
        steps: &[Step],
    ) -> Result<(), JobError> {
        if self.instance.wish != Wish::Running {
            return Ok(());
        }
        if status == InstanceStatus::Degraded {
            match statuses::next_repair(&self.instance) {
                NextRepair::Ask => {
                    let mut open = steps.iter().filter(|step| self.state_of(**step) != "done");
                    if let Some(step) = open.next().or(steps.last()) {
                        return Err(self.ask(*step, None).await?);
                    }
                }
                NextRepair::In(wait) if !self.silent.is_empty() => {
                    self.patience = wait.min(LOOK);
                    return Ok(());
                }
                NextRepair::In(_) | NextRepair::Now => {}
            }
        }
        if self.silent.is_empty() {
            return Ok(());
        }
        self.begin().await
    }

    async fn begin(&mut self) -> Result<(), JobError> {
        self.cx.may_go_on()?;
        let begun = self.driver.repair(&self.work()).await;
        if let Err(error) = begun {
            return Err(self.not_done(error).await?);
        }
        let what = self.silent.join(" and ");
        let detail = format!("{what}: no answer, started again.");
        let (db, claim) = (&self.cx.db, self.cx.claim());
        JobError::check(instances::record_repair(db, claim, self.instance.id, &detail).await?)?;
        self.instance.repairs += 1;
        self.instance.repair_age_s = Some(0.0);
        tracing::warn!(instance.id = %self.instance.id, what, repairs = self.instance.repairs, "repaired");
        metrics::counter!("prov_repairs_total").increment(1);
        Ok(())
    }

    /// Ends the repairs: the status says why, and operators are told.
    pub(super) async fn ask(
        &mut self,
        step: Step,
        why: Option<&str>,
    ) -> Result<JobError, JobError> {
        let reason = why.map_or_else(|| self.why_in_vain(), str::to_owned);
        self.record(step, "failed", Some(&reason)).await?;
        metrics::counter!("prov_repairs_given_up_total").increment(1);
        let cause = anyhow::anyhow!("repaired in vain at step {}: {reason}", step.name);
        self.block(&reason, &cause, true).await
    }

    fn why_in_vain(&self) -> String {
        match (self.silent.join(" and "), self.instance.repairs) {
            (what, repairs @ 2..) if !what.is_empty() => {
                format!("{what} does not answer. Starting it again did not help, {repairs} times.")
            }
            _ => "A part of the instance does not come up, however often it is started.".to_owned(),
        }
    }
}

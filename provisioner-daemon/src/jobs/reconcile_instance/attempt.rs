//! One pass over one instance.

use std::time::{Duration, Instant};

use domain::{InstanceStatus, Wish};
use serde_json::json;
use store::daemon::instances::{self, Instance, Seen, SeenStatus};
use store::daemon::{chores, jobs};

use super::statuses;
use crate::drivers::{Driver, DriverError, ErrorKind, Observed, Outage, Progress, Step, Work};
use crate::runner::{JobContext, JobError, Outcome};

/// An overdue instance is looked at this often; one that cannot be removed, hourly.
const OVERDUE_LOOK: Duration = Duration::from_secs(5);
const OVERDUE_REMOVAL: Duration = Duration::from_hours(1);
/// A job that has waited for less, in seconds, could have been another replica's that can do something about it.
const OTHERS_TURN: f64 = 1.0;
const TOO_LONG: &str = "It took too long. Please try again; contact support if it stays so.";

pub(super) struct Attempt<'a> {
    pub(super) cx: &'a JobContext,
    pub(super) driver: &'a dyn Driver,
    pub(super) instance: Instance,
    /// Parts that live and do not answer.
    pub(super) silent: Vec<&'static str>,
    /// How soon to look again at the earliest.
    pub(super) patience: Duration,
    since: Option<Instant>,
    began: Instant,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(
        cx: &'a JobContext,
        driver: &'a dyn Driver,
        instance: Instance,
        since: Option<Instant>,
    ) -> Self {
        Self {
            cx,
            driver,
            instance,
            silent: Vec::new(),
            patience: Duration::ZERO,
            since,
            began: Instant::now(),
        }
    }

    pub(super) async fn run(mut self) -> Result<Outcome, JobError> {
        let wish = self.instance.wish.word();
        let observed = self.observe().await?;
        self.cx.fault(format_args!("observed:{wish}"))?;
        let wants_restart = self.instance.restart_gen > self.instance.observed_restart_gen;
        if observed.is_settled
            && (!wants_restart || self.instance.wish != Wish::Running)
            && self.is_listed_done()
        {
            metrics::counter!("prov_noop_reconciles_total").increment(1);
            return self.settle(observed).await;
        }
        if self.waits_for_a_person() && !observed.is_settled {
            return Ok(Outcome::Superseded);
        }
        self.silent.clone_from(&observed.silent);
        self.anchor().await?;
        self.cx.fault(format_args!("anchored:{wish}"))?;
        let on_the_way = statuses::on_the_way(&self.instance, &observed);
        // Out of `error` only once the first step works again, or the status would flicker.
        let mut is_told = self.instance.status != InstanceStatus::Error;
        if is_told {
            self.tell(on_the_way).await?;
        }
        let steps = self.driver.plan(&self.instance, self.instance.wish);
        self.list(&steps).await?;
        self.cx.fault(format_args!("listed:{wish}"))?;
        if !observed.is_settled {
            self.repair(on_the_way, &steps).await?;
        }
        for step in steps {
            self.cx.may_go_on()?;
            let progress = self.attempt_step(step, is_told).await?;
            if !is_told && !matches!(progress, Progress::Trouble(..)) {
                self.tell(on_the_way).await?;
                is_told = true;
            }
            self.conclude(step, progress).await?;
            self.cx
                .fault(format_args!("recorded:{wish}:{}", step.name))?;
        }
        let observed = self.observe().await?;
        if !observed.is_settled {
            return Err(JobError::Waiting(Duration::from_millis(250)));
        }
        self.settle(observed).await
    }

    async fn observe(&mut self) -> Result<Observed, JobError> {
        match self.driver.observe(&self.instance).await {
            Ok(observed) => Ok(observed),
            Err(error) => Err(self.not_done(error).await?),
        }
    }

    /// Makes sure that nobody who claimed this instance later was there before us.
    async fn anchor(&mut self) -> Result<(), JobError> {
        let ours = self.cx.claim().fence;
        let anchored = self.driver.raise_anchor(&self.work()).await;
        let anchored = match anchored {
            Ok(anchored) => anchored,
            Err(error) => return Err(self.not_done(error).await?),
        };
        if anchored <= ours {
            return Ok(());
        }
        // Somebody else's claim is later, and ours turns out to be lost when it is put back. Or the database was
        // restored to a time before that claim: then ours is good, and the next one gets a fence that holds.
        tracing::error!(anchored, ours, "a later claim was here");
        metrics::counter!("prov_anchor_refusals_total").increment(1);
        chores::raise_fence(&self.cx.db, anchored).await?;
        Err(JobError::Waiting(Duration::ZERO))
    }

    pub(super) fn work(&self) -> Work<'_> {
        Work {
            instance: &self.instance,
            db: &self.cx.db,
            claim: self.cx.claim(),
        }
    }

    /// Writes the status on the way, when it is another than the row has.
    async fn tell(&mut self, status: InstanceStatus) -> Result<(), JobError> {
        if status == self.instance.status {
            return Ok(());
        }
        self.write_status(status, statuses::reason(status)).await
    }

    pub(super) async fn write_status(
        &mut self,
        status: InstanceStatus,
        reason: Option<&str>,
    ) -> Result<(), JobError> {
        let seen = match statuses::deadline(status) {
            Some(deadline) => SeenStatus::until(status, reason, deadline),
            None => SeenStatus::stable(status, reason),
        };
        self.write(status, reason, seen).await
    }

    /// Says what is waited for, and lets the deadline count from when that is looked at again.
    pub(super) async fn hold(&mut self, after: Duration, reason: &str) -> Result<(), JobError> {
        let status = self.instance.status;
        let seen = match statuses::deadline(status) {
            Some(deadline) => SeenStatus::until(status, Some(reason), after + deadline).held(),
            None => SeenStatus::stable(status, Some(reason)),
        };
        self.instance.is_overdue = false;
        self.write(status, Some(reason), seen).await
    }

    async fn write(
        &mut self,
        status: InstanceStatus,
        reason: Option<&str>,
        seen: SeenStatus,
    ) -> Result<(), JobError> {
        let seen = Seen {
            status: Some(seen),
            ..Seen::default()
        };
        JobError::check(
            instances::observe(&self.cx.db, self.cx.claim(), self.instance.id, &seen).await?,
        )?;
        if self.instance.status != status {
            self.instance.is_overdue = false;
            self.instance.status_age_s = 0.0;
            self.began = Instant::now();
        }
        self.instance.status = status;
        self.instance.status_reason = reason.map(str::to_owned);
        Ok(())
    }

    /// Takes back what was said of an obstacle that is no more.
    pub(super) async fn clear_reason(&mut self) -> Result<(), JobError> {
        let status = self.instance.status;
        let usual = statuses::reason(status);
        if self.instance.status_reason.as_deref() == usual {
            return Ok(());
        }
        self.write_status(status, usual).await
    }

    /// What is not about one step: how the attempt ends.
    pub(super) async fn not_done(&mut self, error: DriverError) -> Result<JobError, JobError> {
        match error.kind {
            ErrorKind::Away(outage) => self.away(outage, error).await,
            ErrorKind::Permanent => self.block(error.public, &error.cause, false).await,
            ErrorKind::Transient => Ok(JobError::transient(error.cause)),
            ErrorKind::Blocked(look) => Ok(JobError::unheard(error.cause, look)),
        }
    }

    /// Nothing can be seen or done. What was said of the instance holds for some seconds; then its status says that
    /// it is not known, or what it waits for. Its time does not run meanwhile.
    async fn away(&mut self, outage: Outage, error: DriverError) -> Result<JobError, JobError> {
        use InstanceStatus as S;
        let next = match self.instance.status {
            S::Running | S::Degraded => S::Unknown,
            kept => kept,
        };
        let is_news = self.instance.status_reason.as_deref() != Some(error.public);
        if !outage.is_lost || next == S::Error || self.cx.job.waited_s < OTHERS_TURN {
            // too short to speak of, or nothing to add, or perhaps another replica sees more
        } else if next != self.instance.status {
            self.write_status(next, Some(error.public)).await?;
        } else if is_news || self.instance.is_overdue {
            self.hold(outage.again, error.public).await?;
        }
        Ok(JobError::unheard(error.cause, outage.again))
    }

    /// A failed step: what the customer sees of it, and how the attempt ends.
    pub(super) async fn fail(
        &mut self,
        step: Step,
        error: DriverError,
    ) -> Result<JobError, JobError> {
        if let ErrorKind::Away(outage) = error.kind {
            return self.away(outage, error).await;
        }
        self.record(step, "failed", Some(error.public)).await?;
        if error.kind == ErrorKind::Permanent {
            return self.block(error.public, &error.cause, false).await;
        }
        if self.instance.status_reason.as_deref() != Some(error.public) {
            self.write_status(self.instance.status, Some(error.public))
                .await?;
        }
        if let Some(end) = self.overdue(step, None).await? {
            return Ok(end);
        }
        if self.instance.wish == Wish::Deleted {
            tracing::warn!(error = format!("{:#}", error.cause), "not removed yet");
            let age = Duration::from_secs_f64(self.instance.status_age_s.max(0.0));
            return Ok(JobError::Waiting(statuses::next_removal(age)));
        }
        Ok(JobError::transient(error.cause))
    }

    /// What becomes of an instance that should have arrived by now, and why it has not.
    pub(super) async fn overdue(
        &mut self,
        step: Step,
        why: Option<&str>,
    ) -> Result<Option<JobError>, JobError> {
        let status = self.instance.status;
        let had_time = statuses::deadline(status)
            .is_some_and(|deadline| self.since.is_none_or(|since| since.elapsed() > deadline));
        if !self.instance.is_overdue || !had_time {
            return Ok(None);
        }
        metrics::counter!("prov_instances_overdue_total", "status" => status.word()).increment(1);
        match statuses::when_overdue(status) {
            Some(InstanceStatus::Error) if status == InstanceStatus::Degraded => {
                self.ask(step, why).await.map(Some)
            }
            Some(InstanceStatus::Error) => {
                let why = why.unwrap_or(TOO_LONG);
                self.record(step, "failed", Some(why)).await?;
                let cause =
                    anyhow::anyhow!("{} past its deadline at step {}", status.word(), step.name);
                self.block(why, &cause, false).await.map(Some)
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
                Ok(Some(JobError::Waiting(match status {
                    InstanceStatus::Deprovisioning => OVERDUE_REMOVAL,
                    _ => OVERDUE_LOOK,
                })))
            }
        }
    }

    /// Ends the job for good; a new wish begins anew. `attention` asks a person to look.
    pub(super) async fn block(
        &mut self,
        public: &str,
        cause: &anyhow::Error,
        attention: bool,
    ) -> Result<JobError, JobError> {
        let chain = format!("{cause:#}");
        tracing::error!(instance.id = %self.instance.id, error = %chain, "blocked");
        let seen = Seen {
            status: Some(SeenStatus::stable(InstanceStatus::Error, Some(public))),
            observed_gen: Some(self.instance.desired_gen),
            observed_restart_gen: Some(self.instance.restart_gen),
            attention,
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
            attention: false,
        };
        let wish = self.instance.wish.word();
        self.cx.fault(format_args!("settling:{wish}"))?;
        self.finish(jobs::Outcome::Done, None, &seen).await?;
        self.measure();
        self.cx.fault(format_args!("settled:{wish}"))?;
        Ok(Outcome::Finished)
    }

    /// How long the customer waited.
    fn measure(&self) {
        let status = self.instance.status;
        if statuses::deadline(status).is_none() {
            return;
        }
        let waited_s = self.instance.status_age_s + self.began.elapsed().as_secs_f64();
        metrics::histogram!("prov_ready_wait_seconds", "status" => status.word()).record(waited_s);
        if self.instance.observed_gen == 0 && self.instance.wish == Wish::Running {
            metrics::histogram!("prov_first_ready_seconds").record(waited_s);
        }
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

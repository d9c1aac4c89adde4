//! `measure-usage`: what was said and kept in each subscription's instances, read every hour from their own databases.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use store::daemon::instance_databases::Server;
use store::daemon::usage::{self, Day, Due};
use uuid::Uuid;

use crate::drivers::Driver;
use crate::runner::{Handler, JobContext, JobError, Outcome};

/// Subscriptions of an attempt, then others have their turn.
const AT_ONCE: usize = 50;

/// The job's body.
pub struct MeasureUsage {
    databases: Server,
    driver: Arc<dyn Driver>,
}

impl MeasureUsage {
    /// A handler that reads from `databases`, and asks `driver` for the files.
    pub fn new(databases: Server, driver: Arc<dyn Driver>) -> Self {
        Self { databases, driver }
    }

    /// All instances of a subscription together. One that cannot be measured now is left out: what was kept of it for
    /// the same day stays, since that never becomes less.
    async fn measure(&self, due: &Due) -> Vec<Day> {
        let mut days: Vec<Day> = Vec::new();
        for instance in &due.instances {
            match self.one(*instance).await {
                Ok(measured) if days.is_empty() => days = measured,
                Ok(measured) => {
                    let of_all = days.iter_mut().zip(&measured);
                    of_all.for_each(|(sum, day)| sum.add(day));
                }
                Err(error) => {
                    tracing::warn!(%instance, error = format!("{error:#}"), "not measured");
                }
            }
        }
        days
    }

    async fn one(&self, instance: Uuid) -> anyhow::Result<Vec<Day>> {
        let mut days = self.databases.usage(instance).await?;
        let files = self.driver.files_bytes(instance).await?;
        for day in &mut days {
            day.storage_bytes += i64::try_from(files)?;
        }
        Ok(days)
    }
}

impl Handler for MeasureUsage {
    fn kind(&self) -> &'static str {
        "measure-usage"
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(5)
    }

    /// Whose turn it is stands in the database, so whoever goes on leaves nobody out and measures nobody twice.
    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            for _ in 0..AT_ONCE {
                cx.may_go_on()?;
                let Some(due) = usage::due(&cx.db).await? else {
                    return Ok(Outcome::Done);
                };
                let days = self.measure(&due).await;
                cx.fault(format_args!("measured:measure-usage"))?;
                let saved = usage::save(&cx.db, cx.claim(), due.subscription, &days).await?;
                JobError::check(saved)?;
                cx.fault(format_args!("saved:measure-usage"))?;
            }
            Err(JobError::Waiting(Duration::ZERO))
        }
        .boxed()
    }
}

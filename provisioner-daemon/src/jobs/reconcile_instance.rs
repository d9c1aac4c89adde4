//! `reconcile-instance`: make the driver hold what one instance's row wishes, one small step at a time.

mod attempt;
mod repairs;
mod statuses;
mod steps;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Deserialize;
use store::daemon::instances;
use uuid::Uuid;

use crate::drivers::Driver;
use crate::runner::{Handler, JobContext, JobError, Outcome};

/// The job's body.
pub struct ReconcileInstance {
    driver: Arc<dyn Driver>,
    /// Deadlines count from here at the earliest: nothing could be done while no daemon ran.
    since: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    instance: Uuid,
}

impl ReconcileInstance {
    /// A handler over a driver.
    pub fn new(driver: Arc<dyn Driver>) -> Self {
        Self {
            driver,
            since: Some(Instant::now()),
        }
    }

    /// As if it had always been there: a deadline that is over is over at once.
    #[must_use]
    pub fn always_there(self) -> Self {
        Self {
            since: None,
            ..self
        }
    }
}

impl Handler for ReconcileInstance {
    fn kind(&self) -> &'static str {
        "reconcile-instance"
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(2)
    }

    fn obstacle(&self) -> Option<&'static str> {
        self.driver.obstacle()
    }

    /// Safe to run twice: every step looks before it acts, and every write carries the fence.
    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            let Payload { instance } = cx.payload()?;
            let Some(instance) = instances::find_any(&cx.db, instance).await? else {
                return Ok(Outcome::Superseded);
            };
            attempt::Attempt::new(cx, self.driver.as_ref(), instance, self.since)
                .run()
                .await
        }
        .boxed()
    }
}

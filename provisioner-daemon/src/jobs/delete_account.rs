//! `delete-account`: the end of an account that its owner asked for, once the days are over in which that could be
//! taken back, or that an admin asked for, at once.
//!
//! What is charged ends first, then what runs, and at last everything that is held goes in one transaction with the
//! job itself.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Deserialize;
use store::daemon::departures::{self, Departure};
use stripe::Client;
use uuid::Uuid;

use super::StripeTransport;
use super::stripe_reading::transient;
use crate::runner::{Handler, JobContext, JobError, Outcome};

/// Between two looks at whether the instances are gone.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// The job's body.
pub struct DeleteAccount {
    stripe: Client<StripeTransport>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    account: Uuid,
}

impl DeleteAccount {
    /// A handler that ends subscriptions with `stripe`.
    pub fn new(stripe: Client<StripeTransport>) -> Self {
        Self { stripe }
    }

    /// First what could still be paid: a subscription that begins with it in this very moment is in the list then.
    async fn ensure_nothing_is_charged(&self, customer: &str) -> Result<(), JobError> {
        self.ensure_nothing_can_be_paid(customer).await?;
        let all = self.stripe.list_subscriptions(customer).await;
        let all = match all {
            Err(error) if error.is_missing() => return Ok(()),
            all => all.map_err(transient)?,
        };
        for subscription in all.iter().filter(|one| !one.status.is_terminal()) {
            match self.stripe.cancel_subscription(&subscription.id).await {
                Err(error) if error.is_missing() => {}
                ended => drop(ended.map_err(transient)?),
            }
        }
        Ok(())
    }

    async fn ensure_nothing_can_be_paid(&self, customer: &str) -> Result<(), JobError> {
        let open = self.stripe.list_open_checkout_sessions(customer).await;
        let open = match open {
            Err(error) if error.is_missing() => return Ok(()),
            open => open.map_err(transient)?,
        };
        for session in open.data {
            let key = format!("delete-account:{}", session.id);
            match self.stripe.expire_checkout_session(&session.id, &key).await {
                Err(error) if error.is_transient() => return Err(transient(error)),
                // paid or closed since
                _ => {}
            }
        }
        Ok(())
    }
}

impl Handler for DeleteAccount {
    fn kind(&self) -> &'static str {
        "delete-account"
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(2)
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            let Payload { account } = cx.payload()?;
            let begun = departures::begin(&cx.db, cx.claim(), account).await?;
            let (customer, instances) = match begun.ok_or(JobError::Lost)? {
                Departure::TakenBack => return Ok(Outcome::Superseded),
                Departure::Due {
                    customer,
                    instances,
                } => (customer, instances),
            };
            cx.fault(format_args!("begun:delete-account"))?;
            if let Some(customer) = customer {
                self.ensure_nothing_is_charged(&customer).await?;
            }
            cx.fault(format_args!("uncharged:delete-account"))?;
            if instances > 0 {
                return Err(JobError::Waiting(BETWEEN_LOOKS));
            }
            cx.may_go_on()?;
            JobError::check(departures::erase(&cx.db, cx.claim(), account).await?)?;
            cx.fault(format_args!("erased:delete-account"))?;
            Ok(Outcome::Finished)
        }
        .boxed()
    }
}

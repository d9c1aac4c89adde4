//! `stripe-catch-up`: the way back for what Stripe's webhooks did not bring (docs/decisions/0005).
//!
//! A pass pages through Stripe's recent events and stores those that we do not have, as the webhook does; their own
//! jobs then read the objects back. After that it pages through all subscriptions and saves those that differ.

use std::time::Duration;

use domain::StripePrices;
use futures::FutureExt;
use futures::future::BoxFuture;
use store::daemon::stripe_catch_up::{self as pass, FoundEvent, List, ListedSubscription, Place};
use stripe::{Client, ListedEvent, Subscription};

use super::StripeTransport;
use super::stripe_reading::{saved, transient};
use crate::runner::{Handler, JobContext, JobError, Outcome};

/// Pages of an attempt, then others have their turn.
const PAGES: usize = 10;

/// The job's body.
pub struct StripeCatchUp {
    stripe: Client<StripeTransport>,
    prices: StripePrices,
}

impl StripeCatchUp {
    /// A handler that reads with `stripe` and knows plans by `prices`.
    pub fn new(stripe: Client<StripeTransport>, prices: StripePrices) -> Self {
        Self { stripe, prices }
    }

    /// Does one page; answers whether it was the last of its pass.
    async fn page(&self, cx: &JobContext) -> Result<bool, JobError> {
        let place = pass::place(&cx.db, cx.claim(), false).await?;
        let place = place.ok_or(JobError::Lost)?;
        let done = match place.list {
            List::Events => self.events(cx, &place).await,
            List::Subscriptions => self.subscriptions(cx, &place).await,
        };
        match done {
            Err(Trouble::Stripe(error)) if place.after.is_some() && !error.is_transient() => {
                // What the page should follow may be gone since: a pass that rests too long begins anew.
                pass::place(&cx.db, cx.claim(), true).await?;
                Err(transient(error))
            }
            Err(Trouble::Stripe(error)) => Err(transient(error)),
            Err(Trouble::Job(error)) => Err(error),
            Ok(is_last) => Ok(is_last),
        }
    }

    async fn events(&self, cx: &JobContext, place: &Place) -> Result<bool, Trouble> {
        let after = place.after.as_deref();
        let page = self.stripe.list_events(place.since, after).await?;
        let events: Vec<FoundEvent> = page.data.into_iter().map(found).collect();
        let last = events.last().filter(|_| page.has_more);
        let last = last.map(|event| event.id.as_str());
        cx.fault(format_args!("listed:events"))?;
        let missed = pass::save_events(&cx.db, cx.claim(), &events, last).await?;
        let missed = missed.ok_or(JobError::Lost)?;
        tell("prov_stripe_missed_events_total", missed, "missed events");
        cx.fault(format_args!("saved:events"))?;
        Ok(false)
    }

    async fn subscriptions(&self, cx: &JobContext, place: &Place) -> Result<bool, Trouble> {
        let after = place.after.as_deref();
        let page = self.stripe.list_all_subscriptions(after).await?;
        let rows = page.data.iter().filter_map(|one| self.listed(one));
        let rows: Vec<ListedSubscription> = rows.collect();
        let last = page.data.last().filter(|_| page.has_more);
        let last = last.map(|subscription| subscription.id.as_str());
        cx.fault(format_args!("listed:subscriptions"))?;
        let read_at = &place.read_at;
        let mended = pass::save_subscriptions(&cx.db, cx.claim(), read_at, &rows, last).await?;
        let mended = mended.ok_or(JobError::Lost)?;
        let counter = "prov_stripe_mended_subscriptions_total";
        tell(counter, mended, "mended subscriptions");
        cx.fault(format_args!("saved:subscriptions"))?;
        Ok(last.is_none())
    }

    fn listed(&self, subscription: &Subscription) -> Option<ListedSubscription> {
        match saved(&self.prices, subscription) {
            Ok(row) => Some(ListedSubscription {
                customer: subscription.customer.clone(),
                subscription: row,
            }),
            Err(reason) => {
                tracing::warn!(subscription = subscription.id, reason, "left as it is");
                None
            }
        }
    }
}

/// Whose trouble it is.
enum Trouble {
    Stripe(stripe::Error),
    Job(JobError),
}

impl From<stripe::Error> for Trouble {
    fn from(error: stripe::Error) -> Self {
        Self::Stripe(error)
    }
}

impl From<JobError> for Trouble {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

impl From<store::daemon::Error> for Trouble {
    fn from(error: store::daemon::Error) -> Self {
        Self::Job(error.into())
    }
}

fn found(ListedEvent { event, payload }: ListedEvent) -> FoundEvent {
    FoundEvent {
        customer_id: event.customer().map(str::to_owned),
        id: event.id,
        kind: event.kind,
        object_type: event.data.object.object,
        object_id: event.data.object.id,
        livemode: event.livemode,
        api_version: event.api_version,
        created: event.created,
        payload,
    }
}

/// Counts what the webhooks should have brought. Normally there is nothing.
fn tell(counter: &'static str, count: i32, what: &'static str) {
    if count > 0 {
        tracing::warn!(count, "{what}");
        metrics::counter!(counter).increment(u64::try_from(count).unwrap_or_default());
    }
}

impl Handler for StripeCatchUp {
    fn kind(&self) -> &'static str {
        "stripe-catch-up"
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(2)
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            for _ in 0..PAGES {
                cx.may_go_on()?;
                if self.page(cx).await? {
                    return Ok(Outcome::Done);
                }
            }
            Err(JobError::Waiting(Duration::ZERO))
        }
        .boxed()
    }
}

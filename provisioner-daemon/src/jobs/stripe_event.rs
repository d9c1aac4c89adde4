//! `stripe-event`: read back from Stripe what a stored event names, and save it whole.
//!
//! Events come late, twice and out of order; what they carry is never believed.

use std::time::Duration;

use domain::StripePrices;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Deserialize;
use store::daemon::stripe::{
    self as events, Projection, SavedCheckoutSession, SavedPayment, SavedSubscription, StoredEvent,
};
use stripe::{CheckoutSession, CheckoutStatus, Client, Invoice};

use super::StripeTransport;
use super::stripe_reading::{saved, transient};
use crate::runner::{Handler, JobContext, JobError, Outcome};

/// The job's body.
pub struct StripeEvent {
    stripe: Client<StripeTransport>,
    prices: StripePrices,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    event: String,
}

/// What an event led to, as its row says.
enum Verdict {
    /// Acted on, or nothing to do.
    Processed(&'static str),
    /// Cannot be acted on yet; stays open.
    Parked(&'static str),
}

/// What was read; `Err` is a reason to park the event.
type Reading = Result<Projection, &'static str>;

impl StripeEvent {
    /// A handler that reads with `stripe` and knows plans by `prices`.
    pub fn new(stripe: Client<StripeTransport>, prices: StripePrices) -> Self {
        Self { stripe, prices }
    }

    async fn act(
        &self,
        cx: &JobContext,
        event: &StoredEvent,
    ) -> Result<(Verdict, Projection), JobError> {
        let nothing = |verdict| Ok((verdict, Projection::default()));
        if event.livemode != self.stripe.is_live() {
            return nothing(Verdict::Parked("wrong_mode"));
        }
        let Some(id) = event.object_id.as_deref() else {
            return nothing(Verdict::Processed("ignored"));
        };
        let read = match event.object_type.as_str() {
            "subscription" => self.of_subscription(id).await,
            "checkout.session" => self.of_checkout_session(id).await,
            "invoice" => self.of_invoice(id).await,
            _ => return nothing(Verdict::Processed("ignored")),
        };
        let (customer, reading) = match read {
            Ok(read) => read,
            Err(error) if error.is_missing() => return nothing(Verdict::Processed("gone")),
            Err(stripe::Error::InvalidRequest(_)) => return nothing(Verdict::Parked("invalid_id")),
            Err(error) => return Err(transient(error)),
        };
        let Some(customer) = customer else {
            return nothing(Verdict::Processed("ignored"));
        };
        let Some(account) = events::account_of_customer(&cx.db, &customer).await? else {
            return nothing(Verdict::Parked("unknown_customer"));
        };
        match reading {
            Ok(projection) => Ok((
                Verdict::Processed("synced"),
                Projection {
                    account: Some(account),
                    ..projection
                },
            )),
            Err(reason) => nothing(Verdict::Parked(reason)),
        }
    }

    async fn of_subscription(&self, id: &str) -> Result<(Option<String>, Reading), stripe::Error> {
        let subscription = self.stripe.retrieve_subscription(id).await?;
        let reading = saved(&self.prices, &subscription).map(|saved| Projection {
            subscription: Some(saved),
            ..Projection::default()
        });
        Ok((Some(subscription.customer), reading))
    }

    async fn of_checkout_session(
        &self,
        id: &str,
    ) -> Result<(Option<String>, Reading), stripe::Error> {
        let session = self.stripe.retrieve_checkout_session(id).await?;
        let subscription = self
            .subscription_of(session.subscription.as_deref())
            .await?;
        let reading = subscription.transpose().map(|subscription| Projection {
            subscription,
            checkout_session: save_session(&session),
            ..Projection::default()
        });
        Ok((session.customer, reading))
    }

    async fn of_invoice(&self, id: &str) -> Result<(Option<String>, Reading), stripe::Error> {
        let invoice = self.stripe.retrieve_invoice(id).await?;
        let subscription = self.subscription_of(invoice.subscription()).await?;
        let reading = subscription.transpose().map(|subscription| Projection {
            subscription,
            payment: Some(save_invoice(&invoice)),
            ..Projection::default()
        });
        Ok((invoice.customer, reading))
    }

    async fn subscription_of(
        &self,
        id: Option<&str>,
    ) -> Result<Option<Result<SavedSubscription, &'static str>>, stripe::Error> {
        match id {
            Some(id) => {
                let subscription = self.stripe.retrieve_subscription(id).await?;
                Ok(Some(saved(&self.prices, &subscription)))
            }
            None => Ok(None),
        }
    }
}

fn save_session(session: &CheckoutSession) -> Option<SavedCheckoutSession> {
    let status = match session.status.as_ref()? {
        CheckoutStatus::Open => "open",
        CheckoutStatus::Complete => "complete",
        CheckoutStatus::Expired => "expired",
        CheckoutStatus::Unknown(_) => return None,
    };
    Some(SavedCheckoutSession {
        id: session.id.clone(),
        status: status.to_owned(),
    })
}

fn save_invoice(invoice: &Invoice) -> SavedPayment {
    let status = invoice
        .status
        .as_ref()
        .map_or("unknown", |status| status.as_str());
    SavedPayment {
        stripe_invoice_id: invoice.id.clone(),
        stripe_subscription_id: invoice.subscription().map(str::to_owned),
        number: invoice.number.clone(),
        status: status.to_owned(),
        amount_due: invoice.amount_due,
        amount_paid: invoice.amount_paid,
        currency: invoice.currency.clone(),
        hosted_invoice_url: invoice.hosted_invoice_url.clone(),
        created: invoice.created,
    }
}

impl Handler for StripeEvent {
    fn kind(&self) -> &'static str {
        "stripe-event"
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(45)
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            let Payload { event } = cx.payload()?;
            let Some(event) = events::find_event(&cx.db, &event).await? else {
                return Ok(Outcome::Superseded);
            };
            if event.is_processed {
                return Ok(Outcome::Done);
            }
            let (verdict, projection) = self.act(cx, &event).await?;
            let (outcome, is_parked) = match verdict {
                Verdict::Processed(outcome) => (outcome, false),
                Verdict::Parked(outcome) => (outcome, true),
            };
            tracing::info!(event.id, event.kind, outcome, "Stripe event");
            cx.fault(format_args!("read:{}", event.object_type))?;
            let projection = Projection {
                read_at: event.read_at.clone(),
                ..projection
            };
            let written = events::finish_event(
                &cx.db,
                cx.claim(),
                &event.id,
                outcome,
                is_parked,
                &projection,
            )
            .await?;
            JobError::check(written)?;
            cx.fault(format_args!("finished:{}", event.object_type))?;
            Ok(Outcome::Finished)
        }
        .boxed()
    }
}

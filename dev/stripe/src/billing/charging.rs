//! Asking the card for an invoice's money, and what the answer means for the subscription.

use anyhow::Context;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::billing::cards;
use crate::billing::cards::Decline;
use crate::billing::cards::Situation;
use crate::billing::cards::Verdict;
use crate::billing::changing;
use crate::billing::dunning;
use crate::billing::intents;
use crate::billing::invoicing;
use crate::billing::subscribing;
use crate::resources::payment_methods;
use crate::store::Object;
use crate::work::Work;

/// What became of a try to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Paid,
    /// The money is on its way.
    Processing,
    Declined(&'static Decline),
    /// There is nothing to charge.
    NoCard,
}

impl Outcome {
    /// An error for callers who want the money now or nothing at all.
    pub(crate) fn into_result(self) -> ApiResult<()> {
        match self {
            Self::Paid | Self::Processing => Ok(()),
            Self::Declined(why) => Err(ApiError::declined(why)),
            Self::NoCard => Err(ApiError::coded(
                "invoice_payment_intent_requires_action",
                "There is no payment method to charge: give the customer or the subscription one.",
            )),
        }
    }
}

/// Charges a new invoice of a living subscription. The caller saves the subscription, which may lapse by it.
pub(crate) async fn collect(
    work: &Work<'_>,
    subscription: &mut Object,
    invoice: &mut Object,
) -> ApiResult<Outcome> {
    let method = method_of(work, subscription).await?;
    let outcome = attempt(work, invoice, method.as_ref(), Situation::Away).await?;
    match outcome {
        Outcome::Paid | Outcome::Processing => {
            if matches!(subscription.text("status"), "past_due" | "unpaid") {
                subscription.body["status"] = "active".into();
            }
        }
        Outcome::Declined(_) | Outcome::NoCard => {
            subscription.body["status"] = "past_due".into();
            dunning::note(work, invoice, outcome).await?;
        }
    }
    Ok(outcome)
}

/// Tries once. Nothing due needs no card.
pub(crate) async fn attempt(
    work: &Work<'_>,
    invoice: &mut Object,
    method: Option<&Object>,
    situation: Situation,
) -> ApiResult<Outcome> {
    if invoice.number("amount_due") == 0 {
        invoicing::settle(work, invoice).await?;
        return Ok(Outcome::Paid);
    }
    let mut intent = intents::of_invoice(work, invoice).await?;
    let Some(method) = method else {
        work.save(invoice).await?;
        return Ok(Outcome::NoCard);
    };
    invoicing::count_attempt(invoice);
    let outcome = match payment_methods::card_of(method).judge(situation) {
        Verdict::Accepted => {
            intents::succeed(work, &mut intent, method).await?;
            invoicing::settle(work, invoice).await?;
            Outcome::Paid
        }
        Verdict::Processing { succeeds } => {
            intents::process(work, &mut intent, method, succeeds).await?;
            invoice.due_at = None;
            invoice.body["next_payment_attempt"] = Value::Null;
            Outcome::Processing
        }
        Verdict::Ask => Outcome::Declined(&cards::CONFIRMATION_REQUIRED),
        Verdict::Declined(why) => Outcome::Declined(why),
    };
    if let Outcome::Declined(why) = outcome {
        intents::decline(work, &mut intent, Some(method), why).await?;
    }
    work.save(invoice).await?;
    Ok(outcome)
}

/// The card that a subscription is charged to: its own, else the customer's.
pub(crate) async fn method_of(work: &Work<'_>, subscription: &Object) -> ApiResult<Option<Object>> {
    let own = subscription.body["default_payment_method"].as_str();
    let id = if let Some(id) = own {
        Some(id.to_owned())
    } else {
        let customer = subscription.text("customer");
        let found = work.find("customer", customer).await?;
        found.and_then(|found| {
            let settings = &found.body["invoice_settings"];
            Some(settings["default_payment_method"].as_str()?.to_owned())
        })
    };
    let Some(id) = id else { return Ok(None) };
    let method = work.find("payment_method", &id).await?;
    Ok(method.filter(|method| !method.body["customer"].is_null()))
}

/// An invoice has been paid: its subscription begins, is no longer behind, or gets what it waited for.
pub(crate) async fn take_effect(work: &Work<'_>, invoice: &Object) -> ApiResult<()> {
    let Some(mut subscription) = subscription_of(work, invoice).await? else {
        return Ok(());
    };
    let before = subscription.body.clone();
    if subscription.body["latest_invoice"] == invoice.body["id"] {
        changing::apply_pending(work, &mut subscription).await?;
        if matches!(
            subscription.text("status"),
            "past_due" | "unpaid" | "incomplete"
        ) {
            subscription.body["status"] = "active".into();
        }
    }
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

/// The subscription that an invoice is of.
pub(crate) async fn subscription_of(
    work: &Work<'_>,
    invoice: &Object,
) -> ApiResult<Option<Object>> {
    let details = &invoice.body["parent"]["subscription_details"];
    let Some(id) = details["subscription"].as_str() else {
        return Ok(None);
    };
    Ok(work.find("subscription", id).await?)
}

/// The money of a bank account arrives, or does not.
pub(crate) async fn conclude(work: &Work<'_>, mut intent: Object) -> ApiResult<()> {
    let id = intent.hidden["invoice"].as_str().unwrap_or_default();
    let found = work.find("invoice", id).await?;
    let mut invoice = found.context("the PaymentIntent's invoice is missing")?;
    let method = work
        .find("payment_method", intent.text("payment_method"))
        .await?;
    let method = method.context("the PaymentIntent's payment method is missing")?;
    let succeeds = intent.hidden["succeeds"].as_bool() == Some(true);
    if succeeds {
        intents::succeed(work, &mut intent, &method).await?;
        invoicing::settle(work, &mut invoice).await?;
        take_effect(work, &invoice).await?;
    } else {
        let why = &cards::ACCOUNT_CLOSED;
        intents::decline(work, &mut intent, Some(&method), why).await?;
        dunning::lapse(work, &mut invoice, Outcome::Declined(why)).await?;
    }
    let Some(session) = intent.hidden["checkout_session"].as_str() else {
        return Ok(());
    };
    let found = work.find("checkout.session", session).await?;
    let mut session = found.context("the PaymentIntent's session is missing")?;
    if succeeds {
        session.body["payment_status"] = "paid".into();
        work.save(&session).await?;
    }
    let end = if succeeds { "succeeded" } else { "failed" };
    let kind = format!("checkout.session.async_payment_{end}");
    work.emit(&kind, &session).await?;
    Ok(())
}

//! `/v1/subscriptions`

mod create;
mod params;
mod update;

use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::changing;
use crate::billing::charging;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::pausing;
use crate::billing::proration;
use crate::billing::subscribing;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

pub(crate) use create::create;
pub(crate) use params::discount;
pub(crate) use params::item_changes;
pub(crate) use params::proration_date;
pub(crate) use update::update;

const STATUSES: &[&str] = &[
    "active",
    "all",
    "canceled",
    "ended",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
];

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "subscription", "subscription", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("subscription")
        .with("customer", params.text("customer"))
        .with("test_clock", params.text("test_clock"));
    match params.choice("status", STATUSES)?.as_deref() {
        Some("all") => {}
        Some("ended") => {
            let ended = ["canceled", "incomplete_expired"].map(str::to_owned);
            filter.one_of = ("status", ended.to_vec());
        }
        Some(status) => filter.like["status"] = status.into(),
        // Stripe hides these from a list that does not ask for them.
        None => filter.none_of = ("status", vec!["canceled".to_owned()]),
    }
    lists::answer(work, params, "/v1/subscriptions", filter).await
}

/// `DELETE …`: ends it now. What was paid in advance is credited, and billed at once, where that is asked for.
pub(crate) async fn cancel(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut subscription = find_living(work, id).await?;
    params::cancellation_details(&mut subscription, &mut params)?;
    let prorates = params.boolean("prorate")? == Some(true);
    let is_billed = params.boolean("invoice_now")? == Some(true);
    params.finish()?;
    end_now(work, &mut subscription, prorates, is_billed).await?;
    Ok(subscription.body)
}

/// Ends a subscription now.
pub(crate) async fn end_now(
    work: &Work<'_>,
    subscription: &mut Object,
    prorates: bool,
    is_billed: bool,
) -> ApiResult<()> {
    if prorates && subscription.text("status") != "trialing" {
        for item in changing::items(subscription) {
            proration::credit(work, subscription, &item, work.now()).await?;
        }
    }
    if is_billed {
        let mut invoice = invoicing::write(work, subscription, Reason::Proration).await?;
        subscription.body["latest_invoice"] = invoice.id().into();
        charging::collect(work, subscription, &mut invoice).await?;
    }
    subscribing::end(work, subscription, "cancellation_requested").await
}

/// `POST …/pause`: the status is `paused` until somebody resumes it.
pub(crate) async fn pause(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut subscription = find_living(work, id).await?;
    params.choice("type", &["subscription"])?;
    // Other values would bill the customer for the time until now, which nobody here sells.
    params.choice("bill_for[unused_time_from][type]", &["none"])?;
    params.choice("bill_for[outstanding_usage_through][type]", &["none"])?;
    params.finish()?;
    if !matches!(
        subscription.text("status"),
        "active" | "trialing" | "past_due"
    ) {
        let message = format!(
            "A subscription that is {} cannot be paused",
            subscription.text("status")
        );
        return Err(ApiError::request(message));
    }
    let before = subscription.body.clone();
    pausing::pause(work, &mut subscription).await?;
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(subscription.body)
}

/// `POST …/resume`
pub(crate) async fn resume(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut subscription = find_living(work, id).await?;
    let anchor = params.choice("billing_cycle_anchor[type]", &["now", "unchanged"])?;
    params.choice("payment_behavior", &["resume_on_payment_attempt"])?;
    params.choice("proration_behavior", &["none"])?;
    params.finish()?;
    if subscription.text("status") != "paused" {
        let message = "Only a subscription that is paused can be resumed";
        return Err(ApiError::request(message));
    }
    let before = subscription.body.clone();
    let keeps_period = anchor.as_deref() == Some("unchanged");
    pausing::resume(work, &mut subscription, keeps_period).await?;
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(subscription.body)
}

/// An ended subscription can be read, and never changed.
async fn find_living(work: &Work<'_>, id: &str) -> ApiResult<Object> {
    let found = work.find("subscription", id).await?;
    found
        .filter(|subscription| !subscribing::has_ended(subscription))
        .ok_or_else(|| ApiError::missing("subscription", id))
}

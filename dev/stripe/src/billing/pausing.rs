//! Subscriptions that rest: their status is `paused`, or only their invoices are not collected.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::changing;
use crate::billing::charging;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::subscribing;
use crate::store::Object;
use crate::work::Work;

/// Lets a subscription rest. The caller saves and tells of the change.
pub(crate) async fn pause(work: &Work<'_>, subscription: &mut Object) -> ApiResult<()> {
    subscription.body["status"] = "paused".into();
    subscription.body["status_details"] = json!({
        "paused": {
            "subscription": { "type": "pause_requested" },
            "transitioned_at": work.now(),
            "type": "subscription",
        },
    });
    subscribing::schedule(subscription);
    work.emit("customer.subscription.paused", subscription)
        .await?;
    Ok(())
}

/// Begins a new period of a resting subscription and charges for it. The caller saves and tells of the change.
pub(crate) async fn resume(
    work: &Work<'_>,
    subscription: &mut Object,
    keeps_period: bool,
) -> ApiResult<()> {
    subscription.body["status"] = "active".into();
    if let Some(body) = subscription.body.as_object_mut() {
        body.remove("status_details");
    }
    if !keeps_period || subscribing::period_end(subscription) <= work.now() {
        changing::start_over(work, subscription)?;
        let mut invoice = invoicing::write(work, subscription, Reason::Update).await?;
        subscription.body["latest_invoice"] = invoice.id().into();
        charging::collect(work, subscription, &mut invoice).await?;
    }
    subscribing::schedule(subscription);
    work.emit("customer.subscription.resumed", subscription)
        .await?;
    Ok(())
}

/// Collects a subscription's invoice, unless collection is paused: then it is kept, given up or taken back.
pub(crate) async fn collect(
    work: &Work<'_>,
    subscription: &mut Object,
    invoice: &mut Object,
) -> ApiResult<()> {
    match subscription.body["pause_collection"]["behavior"].as_str() {
        Some("keep_as_draft") => invoicing::keep_as_draft(work, invoice).await,
        Some("mark_uncollectible") => invoicing::close(work, invoice, "uncollectible").await,
        Some(_) => invoicing::close(work, invoice, "void").await,
        // Nobody pays any more: what is written is kept for later.
        None if subscription.text("status") == "unpaid" => {
            invoicing::keep_as_draft(work, invoice).await
        }
        None => charging::collect(work, subscription, invoice)
            .await
            .map(|_| ()),
    }
}

/// The end of a pause that had one was reached.
pub(crate) async fn resume_collection(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let before = subscription.body.clone();
    subscription.body["pause_collection"] = Value::Null;
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

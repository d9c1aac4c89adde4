//! Time passes: trials end, periods are renewed, failed charges are tried again, sessions expire.

use crate::api::error::ApiResult;
use crate::billing::changing;
use crate::billing::charging;
use crate::billing::checkout;
use crate::billing::dunning;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::pausing;
use crate::billing::period;
use crate::billing::subscribing;
use crate::resources::test_clocks;
use crate::store::Object;
use crate::work::Work;

/// Does what is due for one object. Each call either moves its time on or takes it away.
pub(crate) async fn advance(work: &Work<'_>, mut object: Object) -> ApiResult<()> {
    match object.text("object") {
        "checkout.session" => checkout::expire(work, &mut object).await,
        "subscription" => advance_subscription(work, object).await,
        "invoice" => dunning::retry(work, object).await,
        "payment_intent" => charging::conclude(work, object).await,
        "test_helpers.test_clock" => test_clocks::arrive(work, object).await,
        other => Err(anyhow::anyhow!("nothing is ever due for a {other}").into()),
    }
}

async fn advance_subscription(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let now = work.now();
    let is_due = |at: &serde_json::Value| at.as_i64().is_some_and(|at| at <= now);
    if subscription.text("status") == "incomplete" {
        return subscribing::expire(work, subscription).await;
    }
    if is_due(&subscription.body["pending_update"]["expires_at"]) {
        return changing::expire_pending(work, subscription).await;
    }
    if is_due(&subscription.body["pause_collection"]["resumes_at"]) {
        return pausing::resume_collection(work, subscription).await;
    }
    if subscribing::remind(work, &mut subscription).await? {
        work.save(&subscription).await?;
        return Ok(());
    }
    let ends =
        subscription.is("cancel_at_period_end") && subscribing::period_end(&subscription) <= now;
    if ends || is_due(&subscription.body["cancel_at"]) {
        return subscribing::end(work, &mut subscription, "cancellation_requested").await;
    }
    if subscription.text("status") == "trialing"
        && charging::method_of(work, &subscription).await?.is_none()
    {
        return end_trial_without_card(work, subscription).await;
    }
    renew(work, subscription).await
}

async fn end_trial_without_card(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let settings = &subscription.body["trial_settings"]["end_behavior"];
    match settings["missing_payment_method"].as_str() {
        Some("cancel") => subscribing::end(work, &mut subscription, "payment_failed").await,
        Some("pause") => {
            let before = subscription.body.clone();
            subscription.body["status"] = "paused".into();
            subscribing::schedule(&mut subscription);
            work.save(&subscription).await?;
            work.emit("customer.subscription.paused", &subscription)
                .await?;
            work.emit_change("customer.subscription.updated", &before, &subscription)
                .await?;
            Ok(())
        }
        _ => renew(work, subscription).await,
    }
}

/// Begins the next period and charges for it.
async fn renew(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let before = subscription.body.clone();
    next_period(&mut subscription)?;
    if subscription.text("status") == "trialing" {
        subscription.body["status"] = "active".into();
    }
    let mut invoice = invoicing::write(work, &subscription, Reason::Cycle).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    pausing::collect(work, &mut subscription, &mut invoice).await?;
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

/// Moves a subscription to the period after its current one.
pub(crate) fn next_period(subscription: &mut Object) -> ApiResult<()> {
    let start = subscribing::period_end(subscription);
    let anchor = subscription.body["billing_cycle_anchor"]
        .as_i64()
        .unwrap_or(start);
    let recurring = &subscription.body["items"]["data"][0]["price"]["recurring"];
    let end = period::end_after(start, anchor, recurring)?;
    subscribing::set_period(subscription, start, end);
    Ok(())
}

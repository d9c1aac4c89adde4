//! Time passes: trials end, periods are renewed, failed charges are tried again, sessions expire.

use anyhow::Context;
use serde_json::Value;

use crate::api::error::ApiResult;
use crate::billing::charging;
use crate::billing::checkout;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::period;
use crate::billing::subscribing;
use crate::store::Object;
use crate::work::Work;

/// Does what is due for one object. Each call either moves its time on or takes it away.
pub(crate) async fn advance(work: &Work<'_>, mut object: Object) -> ApiResult<()> {
    match object.text("object") {
        "checkout.session" => checkout::expire(work, &mut object).await,
        "subscription" => advance_subscription(work, object).await,
        "invoice" => retry_charge(work, object).await,
        other => Err(anyhow::anyhow!("nothing is ever due for a {other}").into()),
    }
}

async fn advance_subscription(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    if subscribing::remind(work, &mut subscription).await? {
        work.save(&subscription).await?;
        return Ok(());
    }
    if subscription.body["cancel_at_period_end"].as_bool() == Some(true) {
        return subscribing::end(work, &mut subscription, "cancellation_requested").await;
    }
    if subscription.text("status") == "trialing"
        && subscription.body["default_payment_method"].is_null()
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
    let start = subscribing::period_end(&subscription);
    let anchor = subscription.body["billing_cycle_anchor"]
        .as_i64()
        .unwrap_or(start);
    let recurring = &subscription.body["items"]["data"][0]["price"]["recurring"];
    let end = period::end_after(start, anchor, recurring)?;
    subscribing::set_period(&mut subscription, start, end);
    if subscription.text("status") == "trialing" {
        subscription.body["status"] = "active".into();
    }
    let mut invoice = invoicing::write(work, &subscription, Reason::Cycle).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    charging::collect(work, &mut subscription, &mut invoice).await?;
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

/// Tries an open invoice again. After the last try the subscription ends.
async fn retry_charge(work: &Work<'_>, mut invoice: Object) -> ApiResult<()> {
    let parent = &invoice.body["parent"]["subscription_details"]["subscription"];
    let id = parent.as_str().unwrap_or_default();
    let found = work.find("subscription", id).await?;
    let mut subscription = found.context("the invoice's subscription is missing")?;
    if subscribing::has_ended(&subscription) {
        return give_up(work, invoice).await;
    }
    if charging::is_accepted(work, &subscription, &invoice).await? {
        return charging::pay(work, &mut invoice, &mut subscription).await;
    }
    if invoicing::fail(work, &mut invoice).await? {
        return Ok(());
    }
    subscribing::end(work, &mut subscription, "payment_failed").await
}

async fn give_up(work: &Work<'_>, mut invoice: Object) -> ApiResult<()> {
    invoice.body["next_payment_attempt"] = Value::Null;
    invoice.body["auto_advance"] = false.into();
    invoice.due_at = None;
    work.save(&invoice).await?;
    Ok(())
}

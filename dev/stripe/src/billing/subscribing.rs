//! The life of a subscription: its beginning, its changes and its end.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::period;
use crate::ids;
use crate::shapes;
use crate::store::Object;
use crate::work::Work;

/// How long before a trial's end the customer is reminded.
const REMINDER_SECONDS: i64 = 3 * 86_400;

/// What a customer ordered.
pub(crate) struct Order {
    pub(crate) customer: String,
    pub(crate) lines: Vec<Line>,
    /// Unix seconds.
    pub(crate) trial_end: Option<i64>,
    pub(crate) metadata: Value,
    pub(crate) description: Value,
    pub(crate) payment_method: Option<Object>,
    /// What a trial's end without a card means: `cancel`, `create_invoice` or `pause`.
    pub(crate) missing_payment_method: String,
}

/// A price and how often.
pub(crate) struct Line {
    pub(crate) price: Value,
    pub(crate) quantity: i64,
}

/// Begins a subscription whose first charge has been accepted, and writes its first invoice.
pub(crate) async fn start(work: &Work<'_>, order: &Order) -> ApiResult<(Object, Object)> {
    let anchor = order.trial_end.unwrap_or(work.now());
    let first = order.lines.first().context("an order has a line")?;
    let recurring = &first.price["recurring"];
    let period_end = match order.trial_end {
        Some(end) => end,
        None => period::end_after(anchor, anchor, recurring)?,
    };
    let mut subscription = Object::new(render(work.now(), anchor, order));
    let items = order
        .lines
        .iter()
        .map(|line| item(work, &subscription, line, period_end));
    let items: Vec<Value> = items.collect();
    subscription.body["items"] = list_of(&items, &subscription);
    schedule(&mut subscription);
    work.insert(&subscription).await?;
    work.emit("customer.subscription.created", &subscription)
        .await?;

    let mut invoice = invoicing::write(work, &subscription, Reason::Create).await?;
    invoicing::settle(work, &mut invoice).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    remind(work, &mut subscription).await?;
    work.save(&subscription).await?;
    Ok((subscription, invoice))
}

/// The end of the current period, Unix seconds.
pub(crate) fn period_end(subscription: &Object) -> i64 {
    subscription.body["items"]["data"][0]["current_period_end"]
        .as_i64()
        .unwrap_or_default()
}

/// Moves all items to a new period.
pub(crate) fn set_period(subscription: &mut Object, start: i64, end: i64) {
    for item in subscription.body["items"]["data"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        item["current_period_start"] = start.into();
        item["current_period_end"] = end.into();
    }
}

/// Whether nothing can happen to it any more.
pub(crate) fn has_ended(subscription: &Object) -> bool {
    matches!(
        subscription.text("status"),
        "canceled" | "incomplete_expired"
    )
}

/// Notes when something happens to it next.
pub(crate) fn schedule(subscription: &mut Object) {
    let end = period_end(subscription);
    let waits_for_reminder = subscription.text("status") == "trialing"
        && subscription.hidden["reminded"].as_bool() != Some(true);
    subscription.due_at = match subscription.text("status") {
        "canceled" | "incomplete_expired" | "paused" => None,
        _ if waits_for_reminder => Some(end - REMINDER_SECONDS),
        _ => Some(end),
    };
}

/// Tells that a trial ends soon, once, when it does; for a short one at once.
pub(crate) async fn remind(work: &Work<'_>, subscription: &mut Object) -> ApiResult<bool> {
    let is_due = subscription.text("status") == "trialing"
        && subscription.hidden["reminded"].as_bool() != Some(true)
        && period_end(subscription) - REMINDER_SECONDS <= work.now();
    if is_due {
        subscription.hidden["reminded"] = true.into();
        schedule(subscription);
        work.emit("customer.subscription.trial_will_end", subscription)
            .await?;
    }
    Ok(is_due)
}

/// Lets it end with its period, or takes that back.
pub(crate) fn set_cancel_at_period_end(work: &Work<'_>, subscription: &mut Object, cancel: bool) {
    if subscription.body["cancel_at_period_end"].as_bool() == Some(cancel) {
        return;
    }
    let end = period_end(subscription);
    let body = &mut subscription.body;
    body["cancel_at_period_end"] = cancel.into();
    body["cancel_at"] = if cancel { end.into() } else { Value::Null };
    body["canceled_at"] = if cancel {
        work.now().into()
    } else {
        Value::Null
    };
    body["cancellation_details"]["reason"] = if cancel {
        "cancellation_requested".into()
    } else {
        Value::Null
    };
}

/// Ends it now.
pub(crate) async fn end(work: &Work<'_>, subscription: &mut Object, why: &str) -> ApiResult<()> {
    let body = &mut subscription.body;
    body["status"] = "canceled".into();
    body["ended_at"] = work.now().into();
    if body["canceled_at"].is_null() {
        body["canceled_at"] = work.now().into();
    }
    body["cancellation_details"]["reason"] = why.into();
    schedule(subscription);
    work.save(subscription).await?;
    work.emit("customer.subscription.deleted", subscription)
        .await?;
    Ok(())
}

/// The subscription's list of items.
pub(crate) fn list_of(items: &[Value], subscription: &Object) -> Value {
    json!({
        "object": "list",
        "data": items,
        "has_more": false,
        "url": format!("/v1/subscription_items?subscription={}", subscription.id()),
    })
}

fn item(work: &Work<'_>, subscription: &Object, line: &Line, period_end: i64) -> Value {
    json!({
        "id": ids::with_length("si_", 14),
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": work.now(),
        "current_period_end": period_end,
        "current_period_start": work.now(),
        "current_trial": null,
        "discounts": [],
        "metadata": {},
        "plan": plan(&line.price),
        "price": line.price,
        "quantity": line.quantity,
        "subscription": subscription.id(),
        "tax_rates": [],
    })
}

/// The old shape of a price, which Stripe still shows beside it.
pub(crate) fn plan(price: &Value) -> Value {
    json!({
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": price["recurring"]["interval"],
        "interval_count": price["recurring"]["interval_count"],
        "livemode": false,
        "metadata": price["metadata"],
        "meter": null,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": null,
        "transform_usage": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    })
}

fn render(now: i64, anchor: i64, order: &Order) -> Value {
    let method = order.payment_method.as_ref().map(Object::id);
    let currency = order
        .lines
        .first()
        .map(|line| line.price["currency"].clone());
    shapes::fill(
        shapes::SUBSCRIPTION,
        json!({
            "id": ids::new("sub_1"),
            "billing_cycle_anchor": anchor,
            "created": now,
            "currency": currency,
            "customer": order.customer,
            "default_payment_method": method,
            "description": order.description,
            "metadata": order.metadata,
            "start_date": now,
            "status": if order.trial_end.is_some() { "trialing" } else { "active" },
            "trial_end": order.trial_end,
            "trial_settings": {
                "end_behavior": { "billing_cycle_anchor": "now", "missing_payment_method": order.missing_payment_method },
            },
            "trial_start": order.trial_end.map(|_| now),
        }),
    )
}

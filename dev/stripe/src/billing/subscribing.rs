//! The life of a subscription: its beginning, its changes and its end.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::cards::Situation;
use crate::billing::charging;
use crate::billing::charging::Outcome;
use crate::billing::discounts;
use crate::billing::intents;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::period;
use crate::ids;
use crate::shapes;
use crate::store::Object;
use crate::work::Work;

/// How long before a trial's end the customer is reminded.
const REMINDER_SECONDS: i64 = 3 * 86_400;
/// How long a first payment may be outstanding.
const INCOMPLETE_SECONDS: i64 = 23 * 3_600;

/// What a customer ordered.
pub(crate) struct Order {
    pub(crate) customer: Object,
    pub(crate) lines: Vec<Line>,
    /// Unix seconds.
    pub(crate) trial_end: Option<i64>,
    pub(crate) metadata: Value,
    pub(crate) description: Value,
    /// The subscription's own; the customer's is charged where there is none.
    pub(crate) payment_method: Option<Object>,
    /// What a trial's end without a card means: `cancel`, `create_invoice` or `pause`.
    pub(crate) missing_payment_method: String,
    /// A coupon, and the promotion code that led to it.
    pub(crate) discount: Option<(Object, Option<String>)>,
}

/// A price and how often.
pub(crate) struct Line {
    pub(crate) price: Value,
    pub(crate) quantity: i64,
}

/// When the first invoice is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    /// Already: the subscription comes after it, as behind a Checkout page.
    Paid,
    /// Now, if the card lets it.
    Tried,
    /// Later, by whoever asked for it.
    Awaited,
}

/// What a beginning has made.
pub(crate) struct Started {
    pub(crate) subscription: Object,
    pub(crate) invoice: Object,
    /// None while the first payment is awaited.
    pub(crate) outcome: Option<Outcome>,
}

/// Begins a subscription and writes its first invoice.
pub(crate) async fn start(work: &Work<'_>, order: Order, first: First) -> ApiResult<Started> {
    let mut subscription = render(work, &order, first)?;
    if let Some((coupon, code)) = order.discount {
        let discount = discounts::grant(work, coupon, code.as_deref(), &subscription).await?;
        subscription.body["discounts"] = json!([discount]);
    }
    work.insert(&subscription).await?;
    work.emit("customer.subscription.created", &subscription)
        .await?;
    let before = subscription.body.clone();

    let mut invoice = invoicing::write(work, &subscription, Reason::Create).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    let outcome = if first == First::Awaited && invoice.number("amount_due") > 0 {
        intents::of_invoice(work, &mut invoice).await?;
        work.save(&invoice).await?;
        None
    } else {
        let method = charging::method_of(work, &subscription).await?;
        let situation = Situation::Present {
            confirmed: first == First::Paid,
        };
        Some(charging::attempt(work, &mut invoice, method.as_ref(), situation).await?)
    };
    let is_paid = matches!(outcome, Some(Outcome::Paid | Outcome::Processing));
    if is_paid && subscription.text("status") == "incomplete" {
        subscription.body["status"] = "active".into();
    }
    if matches!(outcome, Some(Outcome::Declined(_) | Outcome::NoCard)) {
        work.emit("invoice.payment_failed", &invoice).await?;
    }
    schedule(&mut subscription);
    remind(work, &mut subscription).await?;
    work.save(&subscription).await?;
    if subscription.body["status"] != before["status"] {
        work.emit_change("customer.subscription.updated", &before, &subscription)
            .await?;
    }
    Ok(Started {
        subscription,
        invoice,
        outcome,
    })
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
    let next = match subscription.text("status") {
        "canceled" | "incomplete_expired" | "paused" => None,
        "incomplete" => Some(subscription.number("created") + INCOMPLETE_SECONDS),
        _ if waits_for_reminder => Some(end - REMINDER_SECONDS),
        _ => Some(end),
    };
    let others = [
        &subscription.body["cancel_at"],
        &subscription.body["pause_collection"]["resumes_at"],
        &subscription.body["pending_update"]["expires_at"],
    ];
    let earliest = others.into_iter().filter_map(Value::as_i64).min();
    subscription.due_at = next.map(|next| earliest.map_or(next, |other| next.min(other)));
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
    body["pending_update"] = Value::Null;
    body["pause_collection"] = Value::Null;
    schedule(subscription);
    work.save(subscription).await?;
    work.emit("customer.subscription.deleted", subscription)
        .await?;
    Ok(())
}

/// The first payment has not come in time.
pub(crate) async fn expire(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let before = subscription.body.clone();
    subscription.body["status"] = "incomplete_expired".into();
    subscription.body["ended_at"] = work.now().into();
    schedule(&mut subscription);
    work.save(&subscription).await?;
    let latest = subscription.text("latest_invoice");
    if let Some(mut invoice) = work.find("invoice", latest).await? {
        invoicing::close(work, &mut invoice, "void").await?;
    }
    work.emit_change("customer.subscription.updated", &before, &subscription)
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

/// A new item of a subscription; times are Unix seconds.
pub(crate) fn item(subscription: &Object, line: &Line, (start, end): (i64, i64)) -> Value {
    json!({
        "id": ids::with_length("si_", 14),
        "object": "subscription_item",
        "billing_thresholds": null,
        "created": start,
        "current_period_end": end,
        "current_period_start": start,
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

fn render(work: &Work<'_>, order: &Order, first: First) -> ApiResult<Object> {
    let now = work.now();
    let line = order.lines.first().context("an order has a line")?;
    let end = match order.trial_end {
        Some(end) => end,
        None => period::end_after(now, now, &line.price["recurring"])?,
    };
    let status = match (order.trial_end, first) {
        (Some(_), _) => "trialing",
        (None, First::Paid) => "active",
        (None, _) => "incomplete",
    };
    let end_behavior = json!({
        "billing_cycle_anchor": "now",
        "missing_payment_method": order.missing_payment_method,
    });
    let mut subscription = Object::new(shapes::fill(
        shapes::SUBSCRIPTION,
        json!({
            "id": ids::new("sub_1"),
            "billing_cycle_anchor": order.trial_end.unwrap_or(now),
            "created": now,
            "currency": line.price["currency"],
            "customer": order.customer.id(),
            "default_payment_method": order.payment_method.as_ref().map(Object::id),
            "description": order.description,
            "metadata": order.metadata,
            "start_date": now,
            "status": status,
            "test_clock": order.customer.body["test_clock"],
            "trial_end": order.trial_end,
            "trial_settings": { "end_behavior": end_behavior },
            "trial_start": order.trial_end.map(|_| now),
        }),
    ));
    let items = order.lines.iter();
    let items: Vec<Value> = items
        .map(|line| item(&subscription, line, (now, end)))
        .collect();
    subscription.body["items"] = list_of(&items, &subscription);
    schedule(&mut subscription);
    Ok(subscription)
}

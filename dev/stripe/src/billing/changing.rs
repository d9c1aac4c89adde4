//! A subscription gets other prices or quantities: what that costs in the middle of a period, and who pays when.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::billing::charging;
use crate::billing::charging::Outcome;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::period;
use crate::billing::proration;
use crate::billing::subscribing;
use crate::billing::subscribing::Line;
use crate::store::Object;
use crate::work::Work;

/// How long an update waits for its payment.
const PENDING_SECONDS: i64 = 23 * 3_600;

/// What is to be different.
pub(crate) struct Change {
    pub(crate) items: Vec<ItemChange>,
    pub(crate) proration: Proration,
    /// From when on the new price counts, Unix seconds.
    pub(crate) at: i64,
    /// Whether a new period begins now, whatever the interval.
    pub(crate) restarts: bool,
}

/// What is to be different about one item, or a new one where there is no id.
pub(crate) struct ItemChange {
    pub(crate) id: Option<String>,
    pub(crate) price: Option<Value>,
    pub(crate) quantity: Option<i64>,
    pub(crate) is_removed: bool,
}

/// What the rest of a period means for the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proration {
    None,
    /// On the next invoice.
    Pending,
    /// On an invoice of its own, now.
    Invoiced,
}

/// What becomes of a change whose payment fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failing {
    /// It stays, and the subscription is behind.
    Lapses,
    /// The call is refused, and nothing has happened.
    Refused,
    /// It waits for the payment.
    Waits,
}

impl Proration {
    pub(crate) const WORDS: &[&str] = &["always_invoice", "create_prorations", "none"];

    pub(crate) fn of(word: Option<&str>) -> Self {
        match word {
            Some("none") => Self::None,
            Some("always_invoice") => Self::Invoiced,
            _ => Self::Pending,
        }
    }
}

/// Changes the items. Answers why an invoice is due now, if one is.
pub(crate) async fn apply(
    work: &Work<'_>,
    subscription: &mut Object,
    change: &Change,
) -> ApiResult<Option<Reason>> {
    let before = items(subscription);
    let recurring = before
        .first()
        .map(|item| item["price"]["recurring"].clone());
    for item in &change.items {
        change_item(subscription, item, change.at)?;
    }
    let after = items(subscription);
    let first = after
        .first()
        .ok_or_else(|| ApiError::request("A subscription must have at least one active plan"))?;
    if subscription.text("status") == "trialing" {
        return Ok(None);
    }
    let starts_over = change.restarts || recurring.as_ref() != Some(&first["price"]["recurring"]);
    if change.proration != Proration::None {
        prorate(work, subscription, &before, &after, change.at, starts_over).await?;
    }
    if starts_over {
        start_over(work, subscription)?;
        return Ok(Some(Reason::Update));
    }
    let is_billed = change.proration == Proration::Invoiced && before != after;
    Ok(is_billed.then_some(Reason::Proration))
}

/// Changes a subscription and bills what is due. The caller saves and tells.
pub(crate) async fn change(
    work: &Work<'_>,
    subscription: &mut Object,
    change: &Change,
    failing: Failing,
) -> ApiResult<()> {
    let before = subscription.body.clone();
    let Some(reason) = apply(work, subscription, change).await? else {
        return Ok(());
    };
    let mut invoice = invoicing::write(work, subscription, reason).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    let outcome = charging::collect(work, subscription, &mut invoice).await?;
    if matches!(outcome, Outcome::Paid | Outcome::Processing) {
        return Ok(());
    }
    match failing {
        Failing::Lapses => Ok(()),
        Failing::Refused => outcome.into_result(),
        Failing::Waits => {
            wait_for_payment(work, subscription, before);
            Ok(())
        }
    }
}

/// Takes the change back and keeps it for the time when the invoice is paid.
fn wait_for_payment(work: &Work<'_>, subscription: &mut Object, before: Value) {
    let changed = std::mem::replace(&mut subscription.body, before);
    subscription.body["latest_invoice"] = changed["latest_invoice"].clone();
    subscription.body["pending_update"] = json!({
        "billing_cycle_anchor": null,
        "cancel_at_period_end": null,
        "discount": null,
        "discounts": null,
        "expires_at": work.now() + PENDING_SECONDS,
        "metadata": null,
        "subscription_items": changed["items"]["data"],
        "trial_end": null,
        "trial_from_plan": null,
    });
    subscription.hidden["pending_anchor"] = changed["billing_cycle_anchor"].clone();
}

/// The invoice of a waiting change has been paid. The caller saves and tells.
pub(crate) async fn apply_pending(work: &Work<'_>, subscription: &mut Object) -> ApiResult<()> {
    let pending = subscription.body["pending_update"].take();
    if pending.is_null() {
        return Ok(());
    }
    subscription.body["items"]["data"] = pending["subscription_items"].clone();
    subscription.body["billing_cycle_anchor"] = subscription.hidden["pending_anchor"].take();
    let kind = "customer.subscription.pending_update_applied";
    work.emit(kind, subscription).await?;
    Ok(())
}

/// The payment of a waiting change has not come.
pub(crate) async fn expire_pending(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let before = subscription.body.clone();
    subscription.body["pending_update"] = Value::Null;
    let latest = subscription.text("latest_invoice");
    if let Some(mut invoice) = work.find("invoice", latest).await? {
        invoicing::close(work, &mut invoice, "void").await?;
    }
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    let kind = "customer.subscription.pending_update_expired";
    work.emit(kind, &subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

/// The current items.
pub(crate) fn items(subscription: &Object) -> Vec<Value> {
    let items = subscription.body["items"]["data"].as_array();
    items.cloned().unwrap_or_default()
}

fn change_item(subscription: &mut Object, change: &ItemChange, at: i64) -> ApiResult<()> {
    let mut all = items(subscription);
    let Some(id) = &change.id else {
        let price = change.price.clone().unwrap_or_default();
        let quantity = change.quantity.unwrap_or(1);
        let end = subscribing::period_end(subscription);
        let line = Line { price, quantity };
        all.push(subscribing::item(subscription, &line, (at, end)));
        subscription.body["items"]["data"] = all.into();
        return Ok(());
    };
    let place = all.iter().position(|item| item["id"] == id.as_str());
    let place = place
        .ok_or_else(|| ApiError::missing_parameter("subscription_item", id, "items[0][id]"))?;
    if change.is_removed {
        all.remove(place);
    } else {
        let item = &mut all[place];
        if let Some(quantity) = change.quantity {
            item["quantity"] = quantity.into();
        }
        if let Some(price) = &change.price {
            item["plan"] = subscribing::plan(price);
            item["price"] = price.clone();
        }
    }
    subscription.body["items"]["data"] = all.into();
    Ok(())
}

/// Credits what was paid and is not used, and bills the rest of what is used instead.
async fn prorate(
    work: &Work<'_>,
    subscription: &Object,
    before: &[Value],
    after: &[Value],
    at: i64,
    starts_over: bool,
) -> ApiResult<()> {
    for old in before {
        let is_kept = !starts_over && after.contains(old);
        if !is_kept {
            proration::credit(work, subscription, old, at).await?;
        }
    }
    // A new period is billed as one, and not as the rest of the old one.
    for new in after
        .iter()
        .filter(|new| !starts_over && !before.contains(new))
    {
        proration::debit(work, subscription, new, at).await?;
    }
    Ok(())
}

/// A new period begins now.
pub(crate) fn start_over(work: &Work<'_>, subscription: &mut Object) -> ApiResult<()> {
    let now = work.now();
    let recurring = &subscription.body["items"]["data"][0]["price"]["recurring"];
    let end = period::end_after(now, now, recurring)?;
    subscription.body["billing_cycle_anchor"] = now.into();
    subscribing::set_period(subscription, now, end);
    Ok(())
}

/// Ends a trial now: the first paid period begins. The caller saves and tells.
pub(crate) async fn end_trial(work: &Work<'_>, subscription: &mut Object) -> ApiResult<Outcome> {
    subscription.body["trial_end"] = work.now().into();
    subscription.body["status"] = "active".into();
    start_over(work, subscription)?;
    let mut invoice = invoicing::write(work, subscription, Reason::Cycle).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    charging::collect(work, subscription, &mut invoice).await
}

//! Invoices: written for a period or a change, then paid, or not.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::discounts;
use crate::billing::intents;
use crate::billing::lines;
use crate::ids;
use crate::shapes;
use crate::store::Object;
use crate::work::Work;

/// Why an invoice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Create,
    Cycle,
    /// A change whose new period begins now.
    Update,
    /// A change within the period, which bills only what is pending.
    Proration,
    /// A preview of the next period.
    Upcoming,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "subscription_create",
            Self::Cycle => "subscription_cycle",
            Self::Update | Self::Proration => "subscription_update",
            Self::Upcoming => "upcoming",
        }
    }
}

/// Writes the open invoice of a subscription: its current period, and what is pending.
pub(crate) async fn write(
    work: &Work<'_>,
    subscription: &Object,
    reason: Reason,
) -> ApiResult<Object> {
    let id = ids::new("in_1");
    let mut lines = lines::of_pending(work, &id, subscription).await?;
    if reason != Reason::Proration {
        lines.extend(lines::of_period(&id, subscription));
    }
    let discounts = discounts::apply(work, subscription, &mut lines).await?;
    let subtotal = lines::sum(&lines);
    let total = subtotal - discounts::sum(&discounts);

    let mut customer = customer(work, subscription).await?;
    let mut invoice = Object::new(render(work, subscription, &id, &lines, &customer));
    invoice.body["billing_reason"] = reason.as_str().into();
    invoice.body["subtotal"] = subtotal.into();
    invoice.body["subtotal_excluding_tax"] = subtotal.into();
    invoice.body["total"] = total.into();
    invoice.body["total_excluding_tax"] = total.into();
    let ids = discounts
        .iter()
        .map(|discount| discount["discount"].clone());
    invoice.body["discounts"] = ids.collect();
    invoice.body["total_discount_amounts"] = discounts.into();
    use_balance(&mut invoice, &mut customer, total);

    let before = work
        .find("customer", customer.id())
        .await?
        .map(|found| found.body);
    work.save(&customer).await?;
    if before.is_some_and(|before| before["balance"] != customer.body["balance"]) {
        work.emit("customer.updated", &customer).await?;
    }
    work.insert(&invoice).await?;
    work.emit("invoice.created", &invoice).await?;
    work.emit("invoice.finalized", &invoice).await?;
    Ok(invoice)
}

/// A credit is kept for later invoices, and a credit from before is used up first.
fn use_balance(invoice: &mut Object, customer: &mut Object, total: i64) {
    let before = customer.number("balance");
    let used = if total < 0 {
        total
    } else {
        total.min(-before.min(0))
    };
    let due = total - used;
    invoice.body["starting_balance"] = before.into();
    invoice.body["ending_balance"] = (before + used).into();
    invoice.body["amount_due"] = due.into();
    invoice.body["amount_remaining"] = due.into();
    customer.body["balance"] = (before + used).into();
}

/// Counts a try to charge.
pub(crate) fn count_attempt(invoice: &mut Object) {
    invoice.body["attempt_count"] = (invoice.number("attempt_count") + 1).into();
    invoice.body["attempted"] = true.into();
}

/// Takes what is due as paid.
pub(crate) async fn settle(work: &Work<'_>, invoice: &mut Object) -> ApiResult<()> {
    let body = &mut invoice.body;
    body["amount_paid"] = body["amount_due"].clone();
    body["amount_remaining"] = 0.into();
    body["attempted"] = true.into();
    body["auto_advance"] = false.into();
    body["next_payment_attempt"] = Value::Null;
    body["status"] = "paid".into();
    body["status_transitions"]["paid_at"] = work.now().into();
    invoice.due_at = None;
    work.save(invoice).await?;
    work.emit("invoice.paid", invoice).await?;
    work.emit("invoice.payment_succeeded", invoice).await?;
    Ok(())
}

/// Closes an open invoice without money: `void` or `uncollectible`.
pub(crate) async fn close(work: &Work<'_>, invoice: &mut Object, status: &str) -> ApiResult<()> {
    let (since, event) = if status == "void" {
        ("voided_at", "invoice.voided")
    } else {
        ("marked_uncollectible_at", "invoice.marked_uncollectible")
    };
    let body = &mut invoice.body;
    body["status"] = status.into();
    body["status_transitions"][since] = work.now().into();
    body["auto_advance"] = false.into();
    body["next_payment_attempt"] = Value::Null;
    invoice.due_at = None;
    work.save(invoice).await?;
    intents::cancel(work, invoice).await?;
    work.emit(event, invoice).await?;
    Ok(())
}

/// Writes nothing but a note: it is not charged until somebody finalises it.
pub(crate) async fn keep_as_draft(work: &Work<'_>, invoice: &mut Object) -> ApiResult<()> {
    invoice.body["status"] = "draft".into();
    invoice.body["auto_advance"] = false.into();
    work.save(invoice).await?;
    Ok(())
}

/// The customer, with the number of the invoice taken.
async fn customer(work: &Work<'_>, subscription: &Object) -> ApiResult<Object> {
    let found = work.find("customer", subscription.text("customer")).await?;
    let mut customer = found.context("the subscription's customer is missing")?;
    let sequence = customer.number("next_invoice_sequence").max(1);
    customer.hidden["number"] = format!("{}-{sequence:04}", customer.text("invoice_prefix")).into();
    customer.body["next_invoice_sequence"] = (sequence + 1).into();
    Ok(customer)
}

fn render(
    work: &Work<'_>,
    subscription: &Object,
    id: &str,
    lines: &[Value],
    customer: &Object,
) -> Value {
    let now = work.now();
    let page = ids::with_length("test_", 48);
    shapes::fill(
        shapes::INVOICE,
        json!({
            "id": id,
            "created": now,
            "currency": subscription.body["currency"],
            "customer": customer.id(),
            "customer_email": customer.body["email"],
            "customer_name": customer.body["name"],
            "customer_phone": customer.body["phone"],
            "effective_at": now,
            "hosted_invoice_url": format!("{}/i/{page}", work.settings().public_url),
            "lines": {
                "object": "list",
                "data": lines,
                "has_more": false,
                "url": format!("/v1/invoices/{id}/lines"),
            },
            "number": customer.hidden["number"],
            "parent": {
                "quote_details": null,
                "subscription_details": {
                    "metadata": subscription.body["metadata"],
                    "subscription": subscription.id(),
                },
                "type": "subscription_details",
            },
            "period_end": now,
            "period_start": now,
            "status_transitions": {
                "finalized_at": now,
                "marked_uncollectible_at": null,
                "paid_at": null,
                "voided_at": null,
            },
            "test_clock": subscription.body["test_clock"],
            "webhooks_delivered_at": now,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(balance: i64, total: i64) -> (i64, i64) {
        let mut invoice = Object::new(json!({}));
        let mut customer = Object::new(json!({ "balance": balance }));
        use_balance(&mut invoice, &mut customer, total);
        assert_eq!(invoice.body["ending_balance"], customer.body["balance"]);
        (invoice.number("amount_due"), customer.number("balance"))
    }

    #[test]
    fn credits_are_kept_and_used_first() {
        assert_eq!(used(0, 2000), (2000, 0));
        assert_eq!(used(0, -500), (0, -500));
        assert_eq!(used(-500, 2000), (1500, 0));
        assert_eq!(used(-5000, 2000), (0, -3000));
        assert_eq!(used(-500, -100), (0, -600));
    }
}

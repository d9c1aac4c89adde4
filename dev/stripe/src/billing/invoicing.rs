//! Invoices: written for a period, then paid or not.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::ids;
use crate::shapes;
use crate::store::Object;
use crate::work::Work;

/// Pauses between the tries of a charge that fails, in days; after the last one the subscription ends.
const RETRY_DAYS: [i64; 3] = [3, 5, 7];
const DAY_SECONDS: i64 = 86_400;

/// Why an invoice is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Create,
    Cycle,
    Update,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "subscription_create",
            Self::Cycle => "subscription_cycle",
            Self::Update => "subscription_update",
        }
    }
}

/// Writes the open invoice of a subscription's current period; in a trial, over nothing.
pub(crate) async fn write(
    work: &Work<'_>,
    subscription: &Object,
    reason: Reason,
) -> ApiResult<Object> {
    let id = ids::new("in_1");
    let is_trial = subscription.text("status") == "trialing";
    let items = subscription.body["items"]["data"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let lines = items
        .iter()
        .map(|item| line(&id, subscription, item, is_trial));
    let lines: Vec<Value> = lines.collect();
    let total: i64 = lines
        .iter()
        .filter_map(|line| line["amount"].as_i64())
        .sum();

    let customer = next_number(work, subscription.text("customer")).await?;
    let invoice = Object::new(render(
        work,
        subscription,
        reason,
        &id,
        &lines,
        total,
        &customer,
    ));
    work.insert(&invoice).await?;
    work.emit("invoice.created", &invoice).await?;
    work.emit("invoice.finalized", &invoice).await?;
    Ok(invoice)
}

/// Takes what is due as paid.
pub(crate) async fn settle(work: &Work<'_>, invoice: &mut Object) -> ApiResult<()> {
    let is_charged = invoice.body["amount_due"]
        .as_i64()
        .is_some_and(|due| due > 0);
    let attempts = invoice.body["attempt_count"].as_i64().unwrap_or_default();
    let body = &mut invoice.body;
    body["amount_paid"] = body["amount_due"].clone();
    body["amount_remaining"] = 0.into();
    body["attempt_count"] = (attempts + i64::from(is_charged)).into();
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

/// Notes a failed charge. Answers whether it will be tried again.
pub(crate) async fn fail(work: &Work<'_>, invoice: &mut Object) -> ApiResult<bool> {
    let attempts = invoice.body["attempt_count"].as_i64().unwrap_or_default();
    let pause = usize::try_from(attempts)
        .ok()
        .and_then(|index| RETRY_DAYS.get(index));
    let next = pause.map(|days| work.now() + days * DAY_SECONDS);
    let body = &mut invoice.body;
    body["attempt_count"] = (attempts + 1).into();
    body["attempted"] = true.into();
    body["next_payment_attempt"] = json!(next);
    invoice.due_at = next;
    work.save(invoice).await?;
    work.emit("invoice.payment_failed", invoice).await?;
    Ok(next.is_some())
}

/// The customer's next invoice number; with it the name and address for the invoice.
async fn next_number(work: &Work<'_>, customer: &str) -> ApiResult<Object> {
    let found = work.find("customer", customer).await?;
    let mut customer =
        found.ok_or_else(|| anyhow::anyhow!("the subscription's customer is missing"))?;
    let numbered = customer.clone();
    let next = customer.body["next_invoice_sequence"].as_i64().unwrap_or(1) + 1;
    customer.body["next_invoice_sequence"] = next.into();
    work.save(&customer).await?;
    Ok(numbered)
}

fn line(invoice: &str, subscription: &Object, item: &Value, is_trial: bool) -> Value {
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let unit = item["price"]["unit_amount"].as_i64().unwrap_or_default();
    let amount = if is_trial {
        0
    } else {
        unit.saturating_mul(quantity)
    };
    json!({
        "id": ids::new("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": item["price"]["currency"],
        "description": if is_trial { "Trial period" } else { "Subscription" },
        "discount_amounts": [],
        "discountable": true,
        "discounts": [],
        "invoice": invoice,
        "livemode": false,
        "metadata": subscription.body["metadata"],
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null,
                "proration": false,
                "proration_details": { "credited_items": null },
                "subscription": subscription.id(),
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": { "end": item["current_period_end"], "start": item["current_period_start"] },
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {
                "price": item["price"]["id"],
                "product": item["price"]["product"],
            },
            "type": "price_details",
            "unit_amount_decimal": unit.to_string(),
        },
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "subscription": subscription.id(),
        "subtotal": amount,
        "taxes": [],
    })
}

fn render(
    work: &Work<'_>,
    subscription: &Object,
    reason: Reason,
    id: &str,
    lines: &[Value],
    total: i64,
    customer: &Object,
) -> Value {
    let now = work.now();
    let sequence = customer.body["next_invoice_sequence"].as_i64().unwrap_or(1);
    let page = ids::with_length("test_", 48);
    shapes::fill(
        shapes::INVOICE,
        json!({
            "id": id,
            "amount_due": total,
            "amount_remaining": total,
            "billing_reason": reason.as_str(),
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
            "number": format!("{}-{sequence:04}", customer.text("invoice_prefix")),
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
            "subtotal": total,
            "subtotal_excluding_tax": total,
            "total": total,
            "total_excluding_tax": total,
            "webhooks_delivered_at": now,
        }),
    )
}

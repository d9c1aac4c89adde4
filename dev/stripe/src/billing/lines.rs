//! The lines of an invoice: a period of each item, and what was still to be billed from before.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::ids;
use crate::store::Object;
use crate::work::Work;

/// The current period of each item; a trial's costs nothing.
pub(crate) fn of_period(invoice: &str, subscription: &Object) -> Vec<Value> {
    let is_trial = subscription.text("status") == "trialing";
    let items = subscription.body["items"]["data"].as_array();
    let line = |item| of_item(invoice, subscription, item, is_trial);
    items.into_iter().flatten().map(line).collect()
}

/// What a subscription still has to be billed for or credited with. From now on it belongs to the invoice.
pub(crate) async fn of_pending(
    work: &Work<'_>,
    invoice: &str,
    subscription: &Object,
) -> ApiResult<Vec<Value>> {
    let like = json!({
        "invoice": null,
        "parent": { "subscription_details": { "subscription": subscription.id() } },
    });
    let mut lines = Vec::new();
    for mut item in work.find_all("invoiceitem", &like).await? {
        item.body["invoice"] = invoice.into();
        work.save(&item).await?;
        lines.push(of_invoice_item(invoice, subscription, &item));
    }
    Ok(lines)
}

/// The sum of the lines, minor units.
pub(crate) fn sum(lines: &[Value]) -> i64 {
    let amounts = lines.iter().filter_map(|line| line["amount"].as_i64());
    amounts.fold(0, i64::saturating_add)
}

/// What a period of an item costs, minor units.
pub(crate) fn price_of(item: &Value) -> i64 {
    let unit = item["price"]["unit_amount"].as_i64().unwrap_or_default();
    unit.saturating_mul(item["quantity"].as_i64().unwrap_or(1))
}

fn of_item(invoice: &str, subscription: &Object, item: &Value, is_trial: bool) -> Value {
    let amount = if is_trial { 0 } else { price_of(item) };
    let details = json!({
        "invoice_item_details": null,
        "subscription_item_details": {
            "invoice_item": null,
            "proration": false,
            "proration_details": { "credited_items": null },
            "subscription": subscription.id(),
            "subscription_item": item["id"],
        },
        "type": "subscription_item_details",
    });
    let mut line = render(
        invoice,
        subscription,
        amount,
        &item["price"],
        &item["quantity"],
    );
    line["description"] = if is_trial {
        "Trial period"
    } else {
        "Subscription"
    }
    .into();
    line["parent"] = details;
    line["period"] =
        json!({ "end": item["current_period_end"], "start": item["current_period_start"] });
    line
}

fn of_invoice_item(invoice: &str, subscription: &Object, item: &Object) -> Value {
    let details = json!({
        "invoice_item_details": {
            "invoice_item": item.id(),
            "proration": item.body["proration"],
            "proration_details": { "credited_items": null },
            "subscription": subscription.id(),
        },
        "subscription_item_details": null,
        "type": "invoice_item_details",
    });
    let price = &item.hidden["price"];
    let amount = item.number("amount");
    let mut line = render(invoice, subscription, amount, price, &item.body["quantity"]);
    line["description"] = item.body["description"].clone();
    line["discountable"] = item.body["discountable"].clone();
    line["parent"] = details;
    line["period"] = item.body["period"].clone();
    line
}

/// What all lines share.
fn render(
    invoice: &str,
    subscription: &Object,
    amount: i64,
    price: &Value,
    quantity: &Value,
) -> Value {
    let count = quantity.as_i64().unwrap_or(1);
    json!({
        "id": ids::new("il_1"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription.body["currency"],
        "description": null,
        "discount_amounts": [],
        "discountable": true,
        "discounts": [],
        "invoice": invoice,
        "livemode": false,
        "metadata": subscription.body["metadata"],
        "parent": null,
        "period": null,
        "pretax_credit_amounts": [],
        "pricing": pricing(price),
        "quantity": count,
        "quantity_decimal": count.to_string(),
        "subscription": subscription.id(),
        "subtotal": amount,
        "taxes": [],
    })
}

/// How lines and invoice items name their price.
pub(crate) fn pricing(price: &Value) -> Value {
    let unit = price["unit_amount"].as_i64().unwrap_or_default();
    json!({
        "price_details": { "price": price["id"], "product": price["product"] },
        "type": "price_details",
        "unit_amount_decimal": unit.to_string(),
    })
}

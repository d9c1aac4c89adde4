//! A change in the middle of a period: credit for the rest of the old price, and the rest of the new one.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::lines;
use crate::ids;
use crate::store::Object;
use crate::work::Work;

/// Credits the rest of an item's period from `at` (Unix seconds) on.
pub(crate) async fn credit(
    work: &Work<'_>,
    subscription: &Object,
    item: &Value,
    at: i64,
) -> ApiResult<()> {
    let amount = -rest_of(item, at);
    insert(work, subscription, item, at, amount, "Unused time").await
}

/// Bills the rest of an item's period from `at` (Unix seconds) on.
pub(crate) async fn debit(
    work: &Work<'_>,
    subscription: &Object,
    item: &Value,
    at: i64,
) -> ApiResult<()> {
    let amount = rest_of(item, at);
    insert(work, subscription, item, at, amount, "Remaining time").await
}

/// What the rest of an item's period costs, minor units.
fn rest_of(item: &Value, at: i64) -> i64 {
    let start = item["current_period_start"].as_i64().unwrap_or_default();
    let end = item["current_period_end"].as_i64().unwrap_or_default();
    share(
        lines::price_of(item),
        end - at.clamp(start, end),
        end - start,
    )
}

/// `amount * part / whole`, rounded to the nearest, halves away from zero.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let (whole, product) = (i128::from(whole), i128::from(amount) * i128::from(part));
    let half = if product < 0 { -whole } else { whole };
    i64::try_from((product * 2 + half) / (whole * 2)).unwrap_or(i64::MAX)
}

async fn insert(
    work: &Work<'_>,
    subscription: &Object,
    item: &Value,
    at: i64,
    amount: i64,
    what: &str,
) -> ApiResult<()> {
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let mut pending = Object::new(json!({
        "id": ids::new("ii_1"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": subscription.body["currency"],
        "customer": subscription.body["customer"],
        "customer_account": null,
        "date": at,
        "description": format!("{what} (from a change)"),
        "discountable": false,
        "discounts": [],
        "invoice": null,
        "livemode": false,
        "metadata": {},
        "net_amount": amount,
        "parent": {
            "subscription_details": {
                "subscription": subscription.id(),
                "subscription_item": item["id"],
            },
            "type": "subscription_details",
        },
        "period": { "end": item["current_period_end"], "start": at },
        "pricing": lines::pricing(&item["price"]),
        "proration": true,
        "quantity": quantity,
        "quantity_decimal": quantity.to_string(),
        "tax_rates": [],
        "test_clock": subscription.body["test_clock"],
    }));
    pending.hidden["price"] = item["price"].clone();
    work.insert(&pending).await?;
    work.emit("invoiceitem.created", &pending).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_the_nearest() {
        assert_eq!(share(2000, 15, 30), 1000);
        assert_eq!(share(1000, 1, 3), 333);
        assert_eq!(share(1000, 2, 3), 667);
        assert_eq!(share(5, 1, 2), 3);
        assert_eq!(share(-5, 1, 2), -3);
        assert_eq!(share(99_999_999 * 999_999, 1, 1), 99_999_999 * 999_999);
        assert_eq!(share(1000, 1, 0), 0);
    }

    #[test]
    fn the_rest_of_a_period_is_never_more_than_all_of_it() {
        let item = json!({
            "price": { "unit_amount": 3000 },
            "quantity": 2,
            "current_period_start": 100,
            "current_period_end": 200,
        });
        let rests = [50, 100, 150, 200, 500].map(|at| rest_of(&item, at));
        assert_eq!(rests, [6000, 6000, 3000, 0, 0]);
    }
}

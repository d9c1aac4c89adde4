//! Coupons on subscriptions: what they take off an invoice, and when they end.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::period;
use crate::billing::proration;
use crate::ids;
use crate::store::Object;
use crate::work::Work;

/// Takes a subscription's discounts off the lines that may have one. Answers each discount with what it took.
pub(crate) async fn apply(
    work: &Work<'_>,
    subscription: &Object,
    lines: &mut [Value],
) -> ApiResult<Vec<Value>> {
    let mut taken = Vec::new();
    let ids = subscription.body["discounts"].as_array();
    for id in ids.into_iter().flatten().filter_map(Value::as_str) {
        let found = work.find("discount", id).await?;
        let mut discount = found.context("the subscription's discount is missing")?;
        if has_ended(&discount, work.now()) {
            continue;
        }
        let amount = take_off(&discount, lines);
        if amount > 0 && discount.hidden["duration"] == "once" {
            discount.body["end"] = work.now().into();
            discount.hidden["is_used"] = true.into();
            work.save(&discount).await?;
        }
        taken.push(json!({ "amount": amount, "discount": id }));
    }
    Ok(taken)
}

/// The sum of what discounts took, minor units.
pub(crate) fn sum(taken: &[Value]) -> i64 {
    taken.iter().filter_map(|one| one["amount"].as_i64()).sum()
}

/// What a coupon takes off an amount, minor units.
pub(crate) fn reduction(coupon: &Value, amount: i64) -> i64 {
    if let Some(off) = coupon["amount_off"].as_i64() {
        return off.min(amount).max(0);
    }
    // Two digits after the point at most.
    let percent = (coupon["percent_off"].as_f64().unwrap_or_default() * 100.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "0 to 10000")]
    let hundredths = percent as i64;
    proration::share(amount.max(0), hundredths, 10_000)
}

/// Makes the discount of a coupon for a subscription that is about to begin or to change.
pub(crate) async fn grant(
    work: &Work<'_>,
    mut coupon: Object,
    promotion_code: Option<&str>,
    owner: &Object,
) -> ApiResult<String> {
    let end = match coupon.body["duration_in_months"].as_i64() {
        Some(months) => {
            let recurring = json!({ "interval": "month", "interval_count": months });
            Some(period::end_after(work.now(), work.now(), &recurring)?)
        }
        None => None,
    };
    let mut discount = Object::new(json!({
        "id": ids::new("di_1"),
        "object": "discount",
        "checkout_session": null,
        "customer": owner.body["customer"],
        "customer_account": null,
        "end": end,
        "invoice": null,
        "invoice_item": null,
        "promotion_code": promotion_code,
        "source": { "coupon": coupon.id(), "type": "coupon" },
        "start": work.now(),
        "subscription": owner.id(),
        "subscription_item": null,
    }));
    discount.hidden = json!({
        "amount_off": coupon.body["amount_off"],
        "percent_off": coupon.body["percent_off"],
        "duration": coupon.body["duration"],
    });
    coupon.body["times_redeemed"] = (coupon.number("times_redeemed") + 1).into();
    work.save(&coupon).await?;
    work.insert(&discount).await?;
    work.emit("customer.discount.created", &discount).await?;
    Ok(discount.id().to_owned())
}

fn has_ended(discount: &Object, now: i64) -> bool {
    let is_used = discount.hidden["is_used"].as_bool() == Some(true);
    is_used || discount.body["end"].as_i64().is_some_and(|end| end <= now)
}

/// Takes one discount off line by line, so that the lines say how much each was reduced.
fn take_off(discount: &Object, lines: &mut [Value]) -> i64 {
    let is_reducible = |line: &&mut Value| {
        line["discountable"].as_bool() == Some(true) && line["amount"].as_i64() > Some(0)
    };
    let mut coupon = discount.hidden.clone();
    let mut sum = 0;
    for line in lines.iter_mut().filter(is_reducible) {
        let before = discounted(line);
        let amount = reduction(&coupon, before);
        if let Some(left) = coupon["amount_off"].as_i64() {
            coupon["amount_off"] = (left - amount).into();
        }
        let entry = json!({ "amount": amount, "discount": discount.id() });
        if let Some(amounts) = line["discount_amounts"].as_array_mut() {
            amounts.push(entry);
        }
        sum += amount;
    }
    sum
}

/// What a line costs after the discounts so far.
fn discounted(line: &Value) -> i64 {
    let amounts = line["discount_amounts"].as_array().into_iter().flatten();
    let taken: i64 = amounts.filter_map(|one| one["amount"].as_i64()).sum();
    line["amount"].as_i64().unwrap_or_default() - taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Value> {
        [1000, 500, -300]
            .map(|amount| json!({ "amount": amount, "discountable": true, "discount_amounts": [] }))
            .to_vec()
    }

    fn discount(hidden: Value) -> Object {
        let mut discount = Object::new(json!({ "id": "di_1" }));
        discount.hidden = hidden;
        discount
    }

    #[test]
    fn percents_and_amounts_come_off_what_is_charged() {
        let percent = discount(json!({ "percent_off": 12.5 }));
        assert_eq!(take_off(&percent, &mut lines()), 125 + 63);
        let amount = discount(json!({ "amount_off": 1200 }));
        let mut reduced = lines();
        assert_eq!(take_off(&amount, &mut reduced), 1200);
        assert_eq!(reduced[1]["discount_amounts"][0]["amount"], 200);
        let all = discount(json!({ "amount_off": 9000 }));
        assert_eq!(take_off(&all, &mut lines()), 1500);
    }
}

//! Parameters that several calls on subscriptions share.

use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::billing::changing::ItemChange;
use crate::billing::subscribing;
use crate::resources::coupons;
use crate::store::Object;
use crate::work::Work;

const MAX_ITEMS: usize = 20;
const MAX_QUANTITY: i64 = 999_999;
const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

/// Why the customer leaves.
pub(super) fn cancellation_details(
    subscription: &mut Object,
    params: &mut Params,
) -> ApiResult<()> {
    let details = &mut subscription.body["cancellation_details"];
    if let Some(comment) = params.change("cancellation_details[comment]") {
        details["comment"] = comment;
    }
    if let Some(feedback) = params.choice("cancellation_details[feedback]", FEEDBACK)? {
        details["feedback"] = feedback.into();
    }
    Ok(())
}

/// The wanted items under `name`, each with an `id` where it is one that is there.
pub(crate) async fn item_changes(
    work: &Work<'_>,
    params: &mut Params,
    name: &str,
) -> ApiResult<Vec<ItemChange>> {
    let elements = params.elements(name);
    if elements.len() > MAX_ITEMS {
        let message = "A subscription has 20 items at most";
        return Err(ApiError::parameter(None, name, message));
    }
    let mut changes = Vec::new();
    for element in elements {
        changes.push(item_change(work, params, &element).await?);
    }
    Ok(changes)
}

async fn item_change(work: &Work<'_>, params: &mut Params, element: &str) -> ApiResult<ItemChange> {
    let id = params.text(&format!("{element}[id]"));
    let price_param = format!("{element}[price]");
    let price = match params.text(&price_param) {
        Some(price) => Some(price_of(work, &price, &price_param).await?),
        None if id.is_none() => return Err(missing(&price_param)),
        None => None,
    };
    let quantity_param = format!("{element}[quantity]");
    let quantity = params.integer(&quantity_param)?;
    if quantity.is_some_and(|quantity| !(1..=MAX_QUANTITY).contains(&quantity)) {
        let message = "Quantity must be from 1 to 999999";
        return Err(ApiError::parameter(
            "parameter_invalid_integer",
            &quantity_param,
            message,
        ));
    }
    let is_removed = params.boolean(&format!("{element}[deleted]"))? == Some(true);
    Ok(ItemChange {
        id,
        price,
        quantity,
        is_removed,
    })
}

fn missing(param: &str) -> ApiError {
    let message = format!("Missing required param: {param}.");
    ApiError::parameter("parameter_missing", param, message)
}

async fn price_of(work: &Work<'_>, id: &str, param: &str) -> ApiResult<Value> {
    let found = work.find("price", id).await?;
    let price = found.ok_or_else(|| ApiError::missing_parameter("price", id, param))?;
    if price.body["recurring"].is_null() || !price.is("active") {
        let message = "The price must be active and recurring";
        return Err(ApiError::parameter("price_inactive", param, message));
    }
    Ok(price.body)
}

/// From when on a change counts: a time within the current period, or now.
pub(crate) fn proration_date(
    work: &Work<'_>,
    subscription: &Object,
    params: &mut Params,
    name: &str,
) -> ApiResult<i64> {
    let Some(at) = params.integer(name)? else {
        return Ok(work.now());
    };
    let item = &subscription.body["items"]["data"][0];
    let start = item["current_period_start"].as_i64().unwrap_or_default();
    if (start..=subscribing::period_end(subscription)).contains(&at) {
        return Ok(at);
    }
    let message = "The proration date must be within the current period";
    Err(ApiError::parameter(None, name, message))
}

/// The coupon of `discounts`, with the promotion code that led to it.
pub(crate) async fn discount(
    work: &Work<'_>,
    params: &mut Params,
) -> ApiResult<Option<(Object, Option<Object>)>> {
    let name = "discounts";
    let Some(element) = params.elements(name).into_iter().next() else {
        return Ok(None);
    };
    let coupon_param = format!("{element}[coupon]");
    if let Some(coupon) = params.text(&coupon_param) {
        let coupon = coupons::find_valid(work, &coupon, &coupon_param).await?;
        return Ok(Some((coupon, None)));
    }
    let param = format!("{element}[promotion_code]");
    let id = params.required(&param)?;
    let found = work.find("promotion_code", &id).await?;
    let code = found.filter(|code| code.is("active") && coupons::is_valid(code, work.now()));
    let code = code.ok_or_else(|| ApiError::missing_parameter("promotion code", &id, &param))?;
    let coupon = code.body["promotion"]["coupon"]
        .as_str()
        .unwrap_or_default();
    let coupon = coupons::find_valid(work, coupon, &param).await?;
    Ok(Some((coupon, Some(code))))
}

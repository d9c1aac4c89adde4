//! `POST /v1/subscriptions`: without a page. Where the first payment does not come, it stays `incomplete`.

use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::billing::changing::ItemChange;
use crate::billing::subscribing;
use crate::billing::subscribing::First;
use crate::billing::subscribing::Line;
use crate::billing::subscribing::Order;
use crate::resources::customers;
use crate::work::Work;

use super::params;

const MAX_TRIAL_DAYS: i64 = 730;
const DAY_SECONDS: i64 = 86_400;
const BEHAVIOURS: &[&str] = &[
    "allow_incomplete",
    "default_incomplete",
    "error_if_incomplete",
];

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let customer = customers::find(work, &params.required("customer")?).await?;
    let lines = lines(params::item_changes(work, &mut params, "items").await?)?;
    let payment_method = match params.text("default_payment_method") {
        Some(id) => {
            let param = "default_payment_method";
            Some(customers::find_method(work, &customer, &id, param).await?)
        }
        None => None,
    };
    let missing = "trial_settings[end_behavior][missing_payment_method]";
    let missing = params.choice(missing, &["cancel", "create_invoice", "pause"])?;
    params.choice("billing_mode[type]", &["flexible"])?;
    params.choice("collection_method", &["charge_automatically"])?;
    params.boolean("off_session")?;
    let cancels = params.boolean("cancel_at_period_end")? == Some(true);
    let behaviour = params.choice("payment_behavior", BEHAVIOURS)?;
    let discount = params::discount(work, &mut params).await?;
    let order = Order {
        customer,
        lines,
        trial_end: trial_end(work, &mut params)?,
        metadata: params.metadata("metadata", &Value::Null)?,
        description: params
            .text("description")
            .map_or(Value::Null, Value::String),
        payment_method,
        missing_payment_method: missing.unwrap_or_else(|| "create_invoice".to_owned()),
        discount: discount.map(|(coupon, code)| (coupon, code.map(|code| code.id().to_owned()))),
    };
    params.finish()?;
    let first = match behaviour.as_deref() {
        Some("default_incomplete") => First::Awaited,
        _ => First::Tried,
    };
    let started = subscribing::start(work, order, first).await?;
    if behaviour.as_deref() == Some("error_if_incomplete")
        && let Some(outcome) = started.outcome
    {
        outcome.into_result()?;
    }
    let mut subscription = started.subscription;
    if cancels {
        subscribing::set_cancel_at_period_end(work, &mut subscription, true);
        subscribing::schedule(&mut subscription);
        work.save(&subscription).await?;
    }
    Ok(subscription.body)
}

fn lines(items: Vec<ItemChange>) -> ApiResult<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for item in items {
        let Some(price) = item.price.filter(|_| item.id.is_none()) else {
            let message = "Received unknown parameter: items[0][id]";
            return Err(ApiError::parameter(
                "parameter_unknown",
                "items[0][id]",
                message,
            ));
        };
        if lines
            .first()
            .is_some_and(|first| first.price["recurring"] != price["recurring"])
        {
            let message = "All prices of a subscription have one interval";
            return Err(ApiError::parameter(None, "items", message));
        }
        let quantity = item.quantity.unwrap_or(1);
        lines.push(Line { price, quantity });
    }
    if lines.is_empty() {
        let message = "Missing required param: items.";
        return Err(ApiError::parameter("parameter_missing", "items", message));
    }
    Ok(lines)
}

fn trial_end(work: &Work<'_>, params: &mut Params) -> ApiResult<Option<i64>> {
    let days = params.integer("trial_period_days")?;
    let end = match params.text("trial_end").as_deref() {
        None | Some("now") => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| invalid("trial_end"))?),
    };
    let (param, end) = match (days, end) {
        (Some(_), Some(_)) => return Err(invalid("trial_end")),
        (Some(0) | None, None) => return Ok(None),
        (Some(days), None) => (
            "trial_period_days",
            work.now() + days.saturating_mul(DAY_SECONDS),
        ),
        (None, Some(end)) => ("trial_end", end),
    };
    let latest = work.now() + MAX_TRIAL_DAYS * DAY_SECONDS;
    if end > work.now() && end <= latest {
        return Ok(Some(end));
    }
    Err(invalid(param))
}

fn invalid(param: &str) -> ApiError {
    let message = "A trial ends in the future, by 730 days at most";
    ApiError::parameter("parameter_invalid_integer", param, message)
}

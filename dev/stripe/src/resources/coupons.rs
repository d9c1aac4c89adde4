//! `/v1/coupons`

use serde_json::Number;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::ids;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

const DURATIONS: &[&str] = &["forever", "once", "repeating"];
const MAX_MONTHS: i64 = 120;

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let amount_off = params.integer("amount_off")?;
    let percent_off = percent(&mut params)?;
    if amount_off.is_some() == percent_off.is_some() {
        let message = "Give one of percent_off and amount_off";
        return Err(ApiError::parameter(
            "parameter_missing",
            "percent_off",
            message,
        ));
    }
    if amount_off.is_some_and(|amount| amount < 1) {
        let message = "Invalid positive integer";
        return Err(ApiError::parameter(
            "parameter_invalid_integer",
            "amount_off",
            message,
        ));
    }
    let duration = params
        .choice("duration", DURATIONS)?
        .unwrap_or_else(|| "once".to_owned());
    let id = params.text("id").unwrap_or_else(|| ids::with_length("", 8));
    if work.peek(&id).await?.is_some() {
        let message = format!("Coupon already exists: {id}");
        return Err(ApiError::parameter(
            "resource_already_exists",
            "id",
            message,
        ));
    }
    let coupon = Object::new(json!({
        "id": id,
        "object": "coupon",
        "amount_off": amount_off,
        "created": work.now(),
        "currency": if amount_off.is_some() { Some(params.required("currency")?) } else { None },
        "duration": duration,
        "duration_in_months": months(&duration, &mut params)?,
        "livemode": false,
        "max_redemptions": params.integer("max_redemptions")?,
        "metadata": params.metadata("metadata", &Value::Null)?,
        "name": params.text("name"),
        "percent_off": percent_off,
        "redeem_by": params.integer("redeem_by")?,
        "times_redeemed": 0,
        "valid": true,
    }));
    params.finish()?;
    work.insert(&coupon).await?;
    work.emit("coupon.created", &coupon).await?;
    Ok(coupon.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "coupon", "coupon", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, params: Params) -> ApiResult<Value> {
    lists::answer(work, params, "/v1/coupons", Filter::all("coupon")).await
}

/// The coupon of a parameter, if it may still be used.
pub(crate) async fn find_valid(work: &Work<'_>, id: &str, param: &str) -> ApiResult<Object> {
    let found = work.find("coupon", id).await?;
    let coupon = found.ok_or_else(|| ApiError::missing_parameter("coupon", id, param))?;
    if is_valid(&coupon, work.now()) {
        return Ok(coupon);
    }
    let message = format!("Coupon expired: {id}");
    Err(ApiError::parameter("coupon_expired", param, message))
}

/// Whether a coupon or a promotion code may still be used.
pub(crate) fn is_valid(code: &Object, now: i64) -> bool {
    let ends = [&code.body["redeem_by"], &code.body["expires_at"]];
    let is_over = ends
        .into_iter()
        .filter_map(Value::as_i64)
        .any(|end| end <= now);
    let most = code.body["max_redemptions"].as_i64().unwrap_or(i64::MAX);
    !is_over && code.number("times_redeemed") < most
}

fn percent(params: &mut Params) -> ApiResult<Option<Number>> {
    let Some(text) = params.text("percent_off") else {
        return Ok(None);
    };
    let percent = text
        .parse()
        .ok()
        .filter(|percent| *percent > 0.0 && *percent <= 100.0);
    let number = percent.and_then(Number::from_f64).ok_or_else(|| {
        let message = "Invalid percent_off: greater than 0 and at most 100";
        ApiError::parameter(None, "percent_off", message)
    })?;
    Ok(Some(number))
}

fn months(duration: &str, params: &mut Params) -> ApiResult<Option<i64>> {
    let param = "duration_in_months";
    let months = params.integer(param)?;
    match (duration, months) {
        ("repeating", None) => params.required(param).map(|_| None),
        ("repeating", Some(months)) if (1..=MAX_MONTHS).contains(&months) => Ok(Some(months)),
        (_, None) => Ok(None),
        (_, Some(_)) => {
            let message = "Only a repeating coupon has 1 to 120 months";
            Err(ApiError::parameter(None, param, message))
        }
    }
}

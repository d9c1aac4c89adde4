//! `/v1/promotion_codes`: what customers type to get a coupon.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::ids;
use crate::resources::coupons;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

const MAX_CODE_CHARS: usize = 500;

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    if params.choice("promotion[type]", &["coupon"])?.is_none() {
        params.required("promotion[type]")?;
    }
    let coupon = params.required("promotion[coupon]")?;
    let coupon = coupons::find_valid(work, &coupon, "promotion[coupon]").await?;
    let code = code(work, &mut params).await?;
    let promotion_code = Object::new(json!({
        "id": ids::new("promo_1"),
        "object": "promotion_code",
        "active": params.boolean("active")?.unwrap_or(true),
        "code": code,
        "created": work.now(),
        "customer": params.text("customer"),
        "customer_account": null,
        "expires_at": params.integer("expires_at")?,
        "livemode": false,
        "max_redemptions": params.integer("max_redemptions")?,
        "metadata": params.metadata("metadata", &Value::Null)?,
        "promotion": { "coupon": coupon.id(), "type": "coupon" },
        "restrictions": {
            "first_time_transaction": false,
            "minimum_amount": null,
            "minimum_amount_currency": null,
        },
        "times_redeemed": 0,
    }));
    params.finish()?;
    work.insert(&promotion_code).await?;
    work.emit("promotion_code.created", &promotion_code).await?;
    Ok(promotion_code.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "promotion_code", "promotion_code", id, params).await
}

pub(crate) async fn update(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let found = work.find("promotion_code", id).await?;
    let mut code = found.ok_or_else(|| ApiError::missing("promotion_code", id))?;
    let before = code.body.clone();
    if let Some(active) = params.boolean("active")? {
        code.body["active"] = active.into();
    }
    code.body["metadata"] = params.metadata("metadata", &code.body["metadata"])?;
    params.finish()?;
    work.save(&code).await?;
    work.emit_change("promotion_code.updated", &before, &code)
        .await?;
    Ok(code.body)
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("promotion_code")
        .with("active", params.boolean("active")?)
        .with("code", params.text("code"));
    lists::answer(work, params, "/v1/promotion_codes", filter).await
}

/// The code as a customer typed it, with its coupon; none where it is not good for this customer.
pub(crate) async fn find_typed(
    work: &Work<'_>,
    typed: &str,
    customer: Option<&str>,
) -> ApiResult<Option<(Object, Object)>> {
    let like = json!({ "active": true, "code": typed.trim() });
    let found = work.find_like("promotion_code", &like).await?;
    let Some(code) = found.filter(|code| is_good(code, work.now(), customer)) else {
        return Ok(None);
    };
    let coupon = code.body["promotion"]["coupon"]
        .as_str()
        .unwrap_or_default();
    let coupon = work.find("coupon", coupon).await?;
    let coupon = coupon.filter(|coupon| coupons::is_valid(coupon, work.now()));
    Ok(coupon.map(|coupon| (code, coupon)))
}

fn is_good(code: &Object, now: i64, customer: Option<&str>) -> bool {
    let is_theirs = code.body["customer"]
        .as_str()
        .is_none_or(|of| Some(of) == customer);
    is_theirs && coupons::is_valid(code, now)
}

async fn code(work: &Work<'_>, params: &mut Params) -> ApiResult<String> {
    let Some(code) = params.text("code") else {
        return Ok(ids::with_length("", 8).to_uppercase());
    };
    let is_plain = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_plain || code.len() > MAX_CODE_CHARS {
        let message = "A code has letters, digits and hyphens";
        return Err(ApiError::parameter(None, "code", message));
    }
    let like = json!({ "active": true, "code": code });
    if work.find_like("promotion_code", &like).await?.is_some() {
        let message = "An active promotion code with that code exists already";
        return Err(ApiError::parameter(
            "resource_already_exists",
            "code",
            message,
        ));
    }
    Ok(code)
}

//! `/v1/prices`

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

const MAX_LOOKUP_KEYS: usize = 10;
/// Stripe's limit: eight digits.
const MAX_AMOUNT: i64 = 99_999_999;
const INTERVALS: &[&str] = &["day", "week", "month", "year"];

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let product = params.required("product")?;
    if work.find("product", &product).await?.is_none() {
        return Err(ApiError::missing_parameter("product", &product, "product"));
    }
    let amount = amount(&mut params)?;
    let recurring = recurring(&mut params)?;
    let lookup_key = lookup_key(work, &mut params).await?;
    let price = Object::new(json!({
        "id": ids::new("price_1"),
        "object": "price",
        "active": params.boolean("active")?.unwrap_or(true),
        "billing_scheme": "per_unit",
        "created": work.now(),
        "currency": currency(&mut params)?,
        "custom_unit_amount": null,
        "livemode": false,
        "lookup_key": lookup_key,
        "metadata": params.metadata("metadata", &Value::Null)?,
        "nickname": params.text("nickname"),
        "product": product,
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": null,
        "transform_quantity": null,
        "type": if recurring.is_null() { "one_time" } else { "recurring" },
        "unit_amount": amount,
        "unit_amount_decimal": amount.to_string(),
    }));
    params.finish()?;
    work.insert(&price).await?;
    work.emit("price.created", &price).await?;
    Ok(price.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "price", "price", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("price")
        .with("active", params.boolean("active")?)
        .with("product", params.text("product"))
        .with("currency", params.text("currency"))
        .with("type", params.choice("type", &["one_time", "recurring"])?);
    let keys = params.texts("lookup_keys");
    if keys.len() > MAX_LOOKUP_KEYS {
        let message = "You can specify at most 10 lookup keys";
        return Err(ApiError::parameter(None, "lookup_keys", message));
    }
    filter.one_of = ("lookup_key", keys);
    lists::answer(work, params, "/v1/prices", filter).await
}

fn amount(params: &mut Params) -> ApiResult<i64> {
    let amount = params.integer("unit_amount")?;
    match amount {
        Some(amount) if (0..=MAX_AMOUNT).contains(&amount) => Ok(amount),
        Some(_) => {
            let message = "Invalid amount: must be from 0 to 99999999";
            Err(ApiError::parameter(
                "parameter_invalid_integer",
                "unit_amount",
                message,
            ))
        }
        None => params.required("unit_amount").map(|_| 0),
    }
}

fn currency(params: &mut Params) -> ApiResult<String> {
    let currency = params.required("currency")?.to_lowercase();
    if currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Ok(currency);
    }
    Err(ApiError::parameter(
        None,
        "currency",
        format!("Invalid currency: {currency}"),
    ))
}

fn recurring(params: &mut Params) -> ApiResult<Value> {
    if !params.mentions("recurring") {
        return Ok(Value::Null);
    }
    let interval = params.choice("recurring[interval]", INTERVALS)?;
    let Some(interval) = interval else {
        return params.required("recurring[interval]").map(Value::String);
    };
    let count = params.integer("recurring[interval_count]")?.unwrap_or(1);
    if !(1..=36).contains(&count) {
        let message = "Invalid interval count: must be from 1 to 36";
        return Err(ApiError::parameter(
            None,
            "recurring[interval_count]",
            message,
        ));
    }
    Ok(json!({
        "interval": interval,
        "interval_count": count,
        "meter": null,
        "trial_period_days": null,
        "usage_type": "licensed",
    }))
}

/// A lookup key names one price; `transfer_lookup_key` takes it away from the one that has it.
async fn lookup_key(work: &Work<'_>, params: &mut Params) -> ApiResult<Option<String>> {
    let transfers = params.boolean("transfer_lookup_key")?.unwrap_or(false);
    let Some(key) = params.text("lookup_key") else {
        return Ok(None);
    };
    let Some(mut holder) = work
        .find_like("price", &json!({ "lookup_key": key }))
        .await?
    else {
        return Ok(Some(key));
    };
    if !transfers {
        let message = format!(
            "A price (`{}`) already uses that lookup key (`{key}`). To transfer it, use \
             `transfer_lookup_key`.",
            holder.id()
        );
        return Err(ApiError::parameter(
            "resource_already_exists",
            "lookup_key",
            message,
        ));
    }
    let before = holder.body.clone();
    holder.body["lookup_key"] = Value::Null;
    work.save(&holder).await?;
    work.emit_change("price.updated", &before, &holder).await?;
    Ok(Some(key))
}

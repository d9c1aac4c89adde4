//! `/v1/checkout/sessions`

use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::checkout;
use crate::ids;
use crate::resources::customers;
use crate::resources::subscriptions;
use crate::shapes;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

const MAX_LINE_ITEMS: usize = 20;
const MAX_TRIAL_DAYS: i64 = 730;
const MIN_LIFE_SECONDS: i64 = 30 * 60;
const MAX_LIFE_SECONDS: i64 = 24 * 60 * 60;
const MIN_TRIAL_SECONDS: i64 = 48 * 60 * 60;

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    refuse_payment_method_types(&params)?;
    require_subscription_mode(&mut params)?;
    // First, since its clock is the session's.
    let customer = customer(work, &mut params).await?;
    let (items, currency) = ordered(work, &mut params).await?;
    let subscription_data = subscription_data(work, &mut params)?;
    let mut session = Object::new(render(work, &mut params, &currency)?);
    if let Some(customer) = customer {
        session.body["customer"] = customer.id().into();
        session.hidden["test_clock"] = customer.body["test_clock"].clone();
    }
    session.hidden["line_items"] = items;
    session.hidden["subscription_data"] = subscription_data;
    if let Some((coupon, code)) = subscriptions::discount(work, &mut params).await? {
        checkout::discount(&mut session, &coupon, code.as_ref());
    }
    checkout::total(work, &mut session).await?;
    session.due_at = session.body["expires_at"].as_i64();
    params.finish()?;
    work.insert(&session).await?;
    Ok(session.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "checkout.session", "checkout.session", id, params).await
}

pub(crate) async fn expire(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    params.finish()?;
    let found = work.find("checkout.session", id).await?;
    let mut session = found.ok_or_else(|| ApiError::missing("checkout.session", id))?;
    if session.text("status") != "open" {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout \
             Session has a status of `{}`.",
            session.text("status")
        );
        return Err(ApiError::request(message));
    }
    checkout::expire(work, &mut session).await?;
    Ok(session.body)
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("checkout.session")
        .with("customer", params.text("customer"))
        .with("subscription", params.text("subscription"))
        .with(
            "status",
            params.choice("status", &["open", "complete", "expired"])?,
        );
    lists::answer(work, params, "/v1/checkout/sessions", filter).await
}

/// `GET …/line_items`: all of them, since a session has few.
pub(crate) async fn line_items(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    params.integer("limit")?;
    params.finish()?;
    let found = work.find("checkout.session", id).await?;
    let session = found.ok_or_else(|| ApiError::missing("checkout.session", id))?;
    line_items_of(work, &session).await
}

/// A session's line items, which it shows only to those who ask.
pub(crate) async fn line_items_of(work: &Work<'_>, session: &Object) -> ApiResult<Value> {
    let mut items = Vec::new();
    for line in checkout::lines(work, session).await? {
        let product = line.price["product"].as_str().unwrap_or_default();
        let product = work.peek(product).await?;
        let unit = line.price["unit_amount"].as_i64().unwrap_or_default();
        let amount = unit.saturating_mul(line.quantity);
        items.push(json!({
            "id": ids::new("li_1"),
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": line.price["currency"],
            "description": product.map(|product| product.body["name"].clone()),
            "metadata": {},
            "price": line.price,
            "quantity": line.quantity,
        }));
    }
    let url = format!("/v1/checkout/sessions/{}/line_items", session.id());
    Ok(json!({ "object": "list", "data": items, "has_more": false, "url": url }))
}

/// Checks that a browser can be sent there; a script must not be.
pub(crate) fn check_url(text: &str, param: &str) -> ApiResult<()> {
    if Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Ok(());
    }
    Err(ApiError::parameter("url_invalid", param, "Not a valid URL"))
}

fn refuse_payment_method_types(params: &Params) -> ApiResult<()> {
    if !params.mentions("payment_method_types") {
        return Ok(());
    }
    let message = "The parameter payment_method_types is no longer supported. Use dynamic payment \
                   methods, allowed_payment_method_types or excluded_payment_method_types.";
    let code = "payment_method_types_no_longer_supported";
    Err(ApiError::parameter(code, "payment_method_types", message))
}

fn require_subscription_mode(params: &mut Params) -> ApiResult<()> {
    let mode = params.choice("mode", &["payment", "setup", "subscription"])?;
    match mode.as_deref() {
        Some("subscription") => {}
        None => return params.required("mode").map(|_| ()),
        Some(_) => {
            let message = "This stand-in knows mode=subscription only";
            return Err(ApiError::parameter(None, "mode", message));
        }
    }
    params.choice("ui_mode", &["hosted_page"]).map(|_| ())
}

async fn ordered(work: &Work<'_>, params: &mut Params) -> ApiResult<(Value, Value)> {
    let elements = params.elements("line_items");
    if elements.is_empty() || elements.len() > MAX_LINE_ITEMS {
        let message = "Between 1 and 20 line items are required in subscription mode";
        return Err(ApiError::parameter(
            "parameter_missing",
            "line_items",
            message,
        ));
    }
    let mut items = Vec::new();
    let mut agreed: Option<(Value, Value)> = None;
    for element in elements {
        let param = format!("{element}[price]");
        let price = price(work, &params.required(&param)?, &param).await?;
        let terms = (
            price.body["currency"].clone(),
            price.body["recurring"].clone(),
        );
        if agreed.get_or_insert_with(|| terms.clone()) != &terms {
            let message = "All prices of a Checkout Session have one currency and interval";
            return Err(ApiError::parameter(None, &param, message));
        }
        let quantity = quantity(params, &format!("{element}[quantity]"))?;
        items.push(json!({ "price": price.id(), "quantity": quantity }));
    }
    let currency = agreed.map(|(currency, _)| currency).unwrap_or_default();
    Ok((items.into(), currency))
}

async fn price(work: &Work<'_>, id: &str, param: &str) -> ApiResult<Object> {
    let found = work.find("price", id).await?;
    let price = found.ok_or_else(|| ApiError::missing_parameter("price", id, param))?;
    if price.body["active"].as_bool() != Some(true) {
        let message = format!("The price specified is inactive: {id}");
        return Err(ApiError::parameter("price_inactive", param, message));
    }
    if price.body["recurring"].is_null() {
        let message = "You must provide at least one recurring price in `subscription` mode";
        return Err(ApiError::parameter(None, param, message));
    }
    Ok(price)
}

fn quantity(params: &mut Params, name: &str) -> ApiResult<i64> {
    match params.integer(name)? {
        Some(quantity) if (1..=999_999).contains(&quantity) => Ok(quantity),
        Some(_) => {
            let message = "Quantity must be from 1 to 999999";
            Err(ApiError::parameter(
                "parameter_invalid_integer",
                name,
                message,
            ))
        }
        None => params.required(name).map(|_| 1),
    }
}

fn subscription_data(work: &Work<'_>, params: &mut Params) -> ApiResult<Value> {
    let name = |field: &str| format!("subscription_data[{field}]");
    let days = params.integer(&name("trial_period_days"))?;
    if days.is_some_and(|days| !(1..=MAX_TRIAL_DAYS).contains(&days)) {
        let message = "The trial has 1 to 730 days";
        return Err(ApiError::parameter(
            None,
            &name("trial_period_days"),
            message,
        ));
    }
    let end = params.integer(&name("trial_end"))?;
    let earliest = work.now() + MIN_TRIAL_SECONDS;
    let latest = work.now() + MAX_TRIAL_DAYS * 86_400;
    if end.is_some_and(|end| days.is_some() || !(earliest..=latest).contains(&end)) {
        let message = "The trial ends in 48 hours at the earliest and has no days beside it";
        return Err(ApiError::parameter(None, &name("trial_end"), message));
    }
    let missing = "subscription_data[trial_settings][end_behavior][missing_payment_method]";
    let end_is_given = days.is_some() || end.is_some();
    if params.mentions("subscription_data[trial_settings]") && !end_is_given {
        let message = "Trial settings need a trial";
        return Err(ApiError::parameter(None, missing, message));
    }
    params.choice("subscription_data[billing_mode][type]", &["flexible"])?;
    Ok(json!({
        "trial_period_days": days,
        "trial_end": end,
        "description": params.text(&name("description")),
        "missing_payment_method": params.choice(missing, &["cancel", "create_invoice", "pause"])?,
        "metadata": params.metadata(&name("metadata"), &Value::Null)?,
    }))
}

async fn customer(work: &Work<'_>, params: &mut Params) -> ApiResult<Option<Object>> {
    let Some(id) = params.text("customer") else {
        return Ok(None);
    };
    if params.mentions("customer_email") {
        let message = "You may only specify one of these parameters: customer, customer_email.";
        return Err(ApiError::parameter(None, "customer_email", message));
    }
    for field in ["address", "name"] {
        params.choice(&format!("customer_update[{field}]"), &["auto", "never"])?;
    }
    Ok(Some(customers::find(work, &id).await?))
}

fn expires_at(work: &Work<'_>, params: &mut Params) -> ApiResult<i64> {
    let now = work.now();
    let Some(at) = params.integer("expires_at")? else {
        return Ok(now + MAX_LIFE_SECONDS);
    };
    if (now + MIN_LIFE_SECONDS..=now + MAX_LIFE_SECONDS).contains(&at) {
        return Ok(at);
    }
    let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from \
                   Checkout Session creation.";
    Err(ApiError::parameter(None, "expires_at", message))
}

fn render(work: &Work<'_>, params: &mut Params, currency: &Value) -> ApiResult<Value> {
    let success_url = params.required("success_url")?;
    check_url(&success_url, "success_url")?;
    let cancel_url = params.text("cancel_url");
    if let Some(url) = &cancel_url {
        check_url(url, "cancel_url")?;
    }
    let id = ids::with_length("cs_test_", 58);
    let url = format!("{}/c/pay/{id}", work.settings().public_url);
    let collection = params.choice("payment_method_collection", &["always", "if_required"])?;
    Ok(shapes::fill(
        shapes::CHECKOUT_SESSION,
        json!({
            "id": id,
            "allow_promotion_codes": params.boolean("allow_promotion_codes")?,
            "billing_address_collection":
                params.choice("billing_address_collection", &["auto", "required"])?,
            "cancel_url": cancel_url,
            "client_reference_id": params.text("client_reference_id"),
            "created": work.now(),
            "currency": currency,
            "customer_email": params.text("customer_email"),
            "expires_at": expires_at(work, params)?,
            "locale": params.text("locale"),
            "metadata": params.metadata("metadata", &Value::Null)?,
            "payment_method_collection": collection.unwrap_or_else(|| "always".to_owned()),
            "success_url": success_url,
            "url": url,
        }),
    ))
}

//! `/v1/customers`

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::subscribing;
use crate::ids;
use crate::resources::test_clocks;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

/// What a caller may write of a customer.
const TEXTS: &[&str] = &["email", "name", "phone", "description"];

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut customer = Object::new(render(work.now()));
    if let Some(clock) = params.text("test_clock") {
        customer.body["test_clock"] = test_clocks::find(work, &clock).await?.into();
        work.enter(&customer).await?;
        customer.body["created"] = work.now().into();
    }
    write(work, &mut customer, &mut params).await?;
    params.finish()?;
    insert(work, customer).await.map(|customer| customer.body)
}

/// Makes a customer whom only a Checkout page knows.
pub(crate) async fn create_from_page(work: &Work<'_>, email: &str) -> ApiResult<Object> {
    let mut customer = Object::new(render(work.now()));
    customer.body["email"] = email.into();
    insert(work, customer).await
}

async fn insert(work: &Work<'_>, customer: Object) -> ApiResult<Object> {
    work.insert(&customer).await?;
    work.emit("customer.created", &customer).await?;
    Ok(customer)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "customer", "customer", id, params).await
}

pub(crate) async fn update(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let found = work.find("customer", id).await?;
    let mut customer = found.ok_or_else(|| ApiError::missing("customer", id))?;
    let before = customer.body.clone();
    refuse_deleted(&customer)?;
    write(work, &mut customer, &mut params).await?;
    params.finish()?;
    work.save(&customer).await?;
    work.emit_change("customer.updated", &before, &customer)
        .await?;
    Ok(customer.body)
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("customer")
        .with("email", params.text("email"))
        .with("test_clock", params.text("test_clock"));
    filter.none_of = ("deleted", vec!["true".to_owned()]);
    lists::answer(work, params, "/v1/customers", filter).await
}

/// Deletes a customer for good: subscriptions end at once, and only the id stays known.
pub(crate) async fn delete(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    params.finish()?;
    let found = work.find("customer", id).await?;
    let mut customer = found.ok_or_else(|| ApiError::missing("customer", id))?;
    refuse_deleted(&customer)?;
    let like = json!({ "customer": id });
    for mut subscription in work.find_all("subscription", &like).await? {
        if !subscribing::has_ended(&subscription) {
            subscribing::end(work, &mut subscription, "cancellation_requested").await?;
        }
    }
    work.emit("customer.deleted", &customer).await?;
    customer.body = json!({ "id": id, "object": "customer", "deleted": true });
    work.save(&customer).await?;
    Ok(customer.body)
}

fn refuse_deleted(customer: &Object) -> ApiResult<()> {
    if customer.is("deleted") {
        return Err(ApiError::missing("customer", customer.id()));
    }
    Ok(())
}

/// The customer of a parameter.
pub(crate) async fn find(work: &Work<'_>, id: &str) -> ApiResult<Object> {
    let found = work.find("customer", id).await?;
    let found = found.filter(|customer| !customer.is("deleted"));
    found.ok_or_else(|| ApiError::missing_parameter("customer", id, "customer"))
}

async fn write(work: &Work<'_>, customer: &mut Object, params: &mut Params) -> ApiResult<()> {
    for field in TEXTS {
        if let Some(value) = params.change(field) {
            customer.body[*field] = value;
        }
    }
    if customer.body["email"]
        .as_str()
        .is_some_and(|email| !email.contains('@'))
    {
        let message = "Invalid email address";
        return Err(ApiError::parameter("email_invalid", "email", message));
    }
    let param = "invoice_settings[default_payment_method]";
    if let Some(method) = params.change(param) {
        let found = match method.as_str() {
            Some(id) => find_method(work, customer, id, param).await?.id().into(),
            None => Value::Null,
        };
        customer.body["invoice_settings"]["default_payment_method"] = found;
    }
    if let Some(balance) = params.integer("balance")? {
        customer.body["balance"] = balance.into();
    }
    customer.body["metadata"] = params.metadata("metadata", &customer.body["metadata"])?;
    Ok(())
}

/// A payment method of a parameter, which must be the customer's.
pub(crate) async fn find_method(
    work: &Work<'_>,
    customer: &Object,
    id: &str,
    param: &str,
) -> ApiResult<Object> {
    let found = work.find("payment_method", id).await?;
    let method = found.ok_or_else(|| ApiError::missing_parameter("PaymentMethod", id, param))?;
    if method.body["customer"] == customer.id() {
        return Ok(method);
    }
    let message = "The customer does not have a payment method with that id. Attach it first.";
    Err(ApiError::parameter("resource_missing", param, message))
}

fn render(now: i64) -> Value {
    json!({
        "id": ids::with_length("cus_", 14),
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": now,
        "currency": null,
        "customer_account": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": null,
        "invoice_prefix": ids::with_length("", 8).to_uppercase(),
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": null,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": {},
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    })
}

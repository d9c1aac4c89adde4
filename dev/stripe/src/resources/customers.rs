//! `/v1/customers`

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

/// What a caller may write of a customer.
const TEXTS: &[&str] = &["email", "name", "phone", "description"];

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut customer = Object::new(render(work.now()));
    write(&mut customer, &mut params)?;
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
    write(&mut customer, &mut params)?;
    params.finish()?;
    work.save(&customer).await?;
    work.emit_change("customer.updated", &before, &customer)
        .await?;
    Ok(customer.body)
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("customer").with("email", params.text("email"));
    lists::answer(work, params, "/v1/customers", filter).await
}

/// The customer of a parameter.
pub(crate) async fn find(work: &Work<'_>, id: &str) -> ApiResult<Object> {
    let found = work.find("customer", id).await?;
    found.ok_or_else(|| ApiError::missing_parameter("customer", id, "customer"))
}

fn write(customer: &mut Object, params: &mut Params) -> ApiResult<()> {
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
    customer.body["metadata"] = params.metadata("metadata", &customer.body["metadata"])?;
    Ok(())
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

//! `/v1/products`

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

const MAX_ID_CHARS: usize = 255;

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let id = own_id(work, &mut params).await?;
    let product = Object::new(json!({
        "id": id.unwrap_or_else(|| ids::with_length("prod_", 14)),
        "object": "product",
        "active": params.boolean("active")?.unwrap_or(true),
        "created": work.now(),
        "default_price": null,
        "description": params.text("description"),
        "images": [],
        "livemode": false,
        "marketing_features": [],
        "metadata": params.metadata("metadata", &Value::Null)?,
        "name": params.required("name")?,
        "package_dimensions": null,
        "shippable": null,
        "statement_descriptor": null,
        "tax_code": null,
        "tax_details": null,
        "type": "service",
        "unit_label": params.text("unit_label"),
        "updated": work.now(),
        "url": null,
    }));
    params.finish()?;
    work.insert(&product).await?;
    work.emit("product.created", &product).await?;
    Ok(product.body)
}

/// A product may bring its own id, which no other object has.
async fn own_id(work: &Work<'_>, params: &mut Params) -> ApiResult<Option<String>> {
    let Some(id) = params.text("id") else {
        return Ok(None);
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if id.len() > MAX_ID_CHARS || !id.bytes().all(is_plain) {
        let message = "An id has letters, digits, hyphens and underscores";
        return Err(ApiError::parameter(
            "parameter_invalid_string",
            "id",
            message,
        ));
    }
    if work.find("product", &id).await?.is_some() {
        let message = format!("Product already exists: {id}");
        return Err(ApiError::parameter(
            "resource_already_exists",
            "id",
            message,
        ));
    }
    Ok(Some(id))
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "product", "product", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("product").with("active", params.boolean("active")?);
    filter.one_of = ("id", params.texts("ids"));
    lists::answer(work, params, "/v1/products", filter).await
}

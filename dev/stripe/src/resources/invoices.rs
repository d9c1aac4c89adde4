//! `/v1/invoices`; they are made by `billing`.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::store::Filter;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "invoice", "invoice", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let parent = params
        .text("subscription")
        .map(|subscription| json!({ "subscription_details": { "subscription": subscription } }));
    let filter = Filter::all("invoice")
        .with("customer", params.text("customer"))
        .with("status", params.text("status"))
        .with("parent", parent);
    lists::answer(work, params, "/v1/invoices", filter).await
}

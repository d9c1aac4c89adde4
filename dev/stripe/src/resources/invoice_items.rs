//! `/v1/invoiceitems`: what a change costs until an invoice takes it. They are made by `billing`.

use serde_json::Value;

use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::store::Filter;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "invoiceitem", "invoiceitem", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("invoiceitem")
        .with("customer", params.text("customer"))
        .with("invoice", params.text("invoice"));
    if params.boolean("pending")? == Some(true) {
        filter.like["invoice"] = Value::Null;
    }
    lists::answer(work, params, "/v1/invoiceitems", filter).await
}

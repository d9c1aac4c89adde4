//! `/v1/charges`; they are made by `billing`.

use serde_json::Value;

use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::store::Filter;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "charge", "charge", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("charge")
        .with("customer", params.text("customer"))
        .with("payment_intent", params.text("payment_intent"));
    lists::answer(work, params, "/v1/charges", filter).await
}

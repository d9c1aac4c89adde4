//! `/v1/events`

use serde_json::Value;

use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::store::Filter;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "event", "event", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("event").with("type", params.text("type"));
    filter.one_of = ("type", params.texts("types"));
    match params.boolean("delivery_success")? {
        Some(true) => filter.like["pending_webhooks"] = 0.into(),
        Some(false) => filter.none_of = ("pending_webhooks", vec!["0".to_owned()]),
        None => {}
    }
    lists::answer(work, params, "/v1/events", filter).await
}

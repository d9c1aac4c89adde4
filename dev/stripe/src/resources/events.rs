//! `/v1/events`; Stripe keeps them for 30 days.

use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::store::Filter;
use crate::work::Work;

const MAX_TYPES: usize = 20;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "event", "event", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let kind = params.text("type");
    let types = params.texts("types");
    if types.len() > MAX_TYPES || (kind.is_some() && !types.is_empty()) {
        let message = "Give one type, or up to 20 types";
        return Err(ApiError::parameter(None, "types", message));
    }
    let mut filter = Filter::all("event").with("type", kind);
    filter.one_of = ("type", types);
    match params.boolean("delivery_success")? {
        Some(true) => filter.like["pending_webhooks"] = 0.into(),
        Some(false) => filter.none_of = ("pending_webhooks", vec!["0".to_owned()]),
        None => {}
    }
    lists::answer(work, params, "/v1/events", filter).await
}

//! `/v1/refunds`

use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::refunding;
use crate::store::Filter;
use crate::work::Work;

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let charge = charge(work, &mut params).await?;
    let amount = params.integer("amount")?;
    let reason = params.choice("reason", REASONS)?;
    let metadata = params.metadata("metadata", &Value::Null)?;
    params.finish()?;
    let found = work.find("charge", &charge).await?;
    let charge = found.ok_or_else(|| ApiError::missing_parameter("charge", &charge, "charge"))?;
    let refund = refunding::refund(work, charge, amount, reason, metadata).await?;
    Ok(refund.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "refund", "refund", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("refund")
        .with("charge", params.text("charge"))
        .with("payment_intent", params.text("payment_intent"));
    lists::answer(work, params, "/v1/refunds", filter).await
}

/// The charge's id: given, or the last one of a PaymentIntent.
async fn charge(work: &Work<'_>, params: &mut Params) -> ApiResult<String> {
    let given = params.text("charge");
    let Some(id) = params.text("payment_intent") else {
        return given.ok_or_else(|| {
            let message = "One of the following params should be provided for this request: \
                           payment_intent or charge.";
            ApiError::parameter("parameter_missing", "payment_intent", message)
        });
    };
    if given.is_some() {
        let message = "You may only specify one of these parameters: charge, payment_intent.";
        return Err(ApiError::parameter(None, "charge", message));
    }
    let found = work.find("payment_intent", &id).await?;
    let intent = found
        .ok_or_else(|| ApiError::missing_parameter("payment_intent", &id, "payment_intent"))?;
    let latest = intent.body["latest_charge"].as_str().map(str::to_owned);
    latest.ok_or_else(|| {
        let message = "This PaymentIntent does not have a successful charge to refund.";
        ApiError::parameter("resource_missing", "payment_intent", message)
    })
}

//! `/v1/invoice_payments`: which payment paid which invoice.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::store::Filter;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "invoice_payment", "invoice_payment", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    params.choice("payment[type]", &["payment_intent"])?;
    let intent = params.text("payment[payment_intent]");
    let filter = Filter::all("invoice_payment")
        .with("invoice", params.text("invoice"))
        .with(
            "status",
            params.choice("status", &["open", "paid", "canceled"])?,
        )
        .with(
            "payment",
            intent.map(|intent| json!({ "payment_intent": intent })),
        );
    lists::answer(work, params, "/v1/invoice_payments", filter).await
}

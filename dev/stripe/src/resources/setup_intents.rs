//! `/v1/setup_intents`: cards that customers keep without paying. They are made on the portal's page.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::ids;
use crate::shapes;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "setup_intent", "setup_intent", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("setup_intent")
        .with("customer", params.text("customer"))
        .with("payment_method", params.text("payment_method"));
    lists::answer(work, params, "/v1/setup_intents", filter).await
}

/// Notes that a customer's card can be charged from now on.
pub(crate) async fn succeed(work: &Work<'_>, method: &Object) -> ApiResult<()> {
    let id = ids::new("seti_1");
    let secret = ids::with_length(&format!("{id}_secret_"), 25);
    let intent = Object::new(shapes::fill(
        shapes::SETUP_INTENT,
        json!({
            "id": id,
            "client_secret": secret,
            "created": work.now(),
            "customer": method.body["customer"],
            "payment_method": method.id(),
            "status": "succeeded",
        }),
    ));
    work.insert(&intent).await?;
    work.emit("setup_intent.created", &intent).await?;
    work.emit("setup_intent.succeeded", &intent).await?;
    Ok(())
}

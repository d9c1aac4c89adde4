//! `/v1/test_helpers/test_clocks`: a time of its own for some customers, which stands until it is moved.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::ids;
use crate::resources::customers;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

const KIND: &str = "test_helpers.test_clock";
const LIFE_SECONDS: i64 = 30 * 86_400;
/// As far as one move may go; Stripe's limit for yearly prices.
const MAX_MOVE_SECONDS: i64 = 2 * 366 * 86_400;
/// The year 3000.
const LATEST: i64 = 32_503_680_000;

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let frozen_time = required_time(&mut params)?;
    let customer = match params.text("customer") {
        Some(id) => Some(customers::find(work, &id).await?),
        None => None,
    };
    let mut clock = Object::new(json!({
        "id": ids::new("clock_1"),
        "object": KIND,
        "created": work.clock(),
        "deletes_after": work.clock() + LIFE_SECONDS,
        "frozen_time": frozen_time,
        "livemode": false,
        "name": params.text("name"),
        "status": "ready",
        "status_details": {},
    }));
    clock.hidden["test_clock"] = clock.body["id"].clone();
    params.finish()?;
    work.insert(&clock).await?;
    if let Some(customer) = customer {
        adopt(work, customer, clock.id()).await?;
    }
    Ok(clock.body)
}

/// Puts a customer and all that is theirs on a clock.
async fn adopt(work: &Work<'_>, mut customer: Object, clock: &str) -> ApiResult<()> {
    if customer.test_clock().is_some() {
        let message = "The customer has a test clock already";
        return Err(ApiError::parameter(None, "customer", message));
    }
    let like = json!({ "customer": customer.id() });
    for kind in ["subscription", "invoice", "invoiceitem"] {
        for mut object in work.find_all(kind, &like).await? {
            object.body["test_clock"] = clock.into();
            work.save(&object).await?;
        }
    }
    for kind in ["checkout.session", "payment_intent", "payment_method"] {
        for mut object in work.find_all(kind, &like).await? {
            object.hidden["test_clock"] = clock.into();
            work.save(&object).await?;
        }
    }
    customer.body["test_clock"] = clock.into();
    work.save(&customer).await?;
    Ok(())
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, KIND, "test_clock", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, params: Params) -> ApiResult<Value> {
    lists::answer(
        work,
        params,
        "/v1/test_helpers/test_clocks",
        Filter::all(KIND),
    )
    .await
}

/// `POST …/advance`: what lies between happens one after the other, and then the clock is `ready`.
pub(crate) async fn advance(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let found = work.find(KIND, id).await?;
    let mut clock = found.ok_or_else(|| ApiError::missing("test_clock", id))?;
    let target = required_time(&mut params)?;
    params.finish()?;
    if clock.text("status") != "ready" {
        let message = "The clock is still moving";
        return Err(ApiError::coded("test_clock_advancing", message));
    }
    let from = clock.number("frozen_time");
    if target <= from || target > from + MAX_MOVE_SECONDS {
        let message = "The time must be later than the clock's, by two years at most";
        return Err(ApiError::parameter(None, "frozen_time", message));
    }
    clock.body["status"] = "advancing".into();
    clock.body["status_details"] = json!({ "advancing": { "target_frozen_time": target } });
    clock.hidden["target"] = target.into();
    clock.due_at = Some(target);
    work.save(&clock).await?;
    work.emit("test_helpers.test_clock.advancing", &clock)
        .await?;
    Ok(clock.body)
}

/// All that lives by the clock has been done up to its target.
pub(crate) async fn arrive(work: &Work<'_>, mut clock: Object) -> ApiResult<()> {
    clock.body["frozen_time"] = clock.hidden["target"].take();
    clock.body["status"] = "ready".into();
    clock.body["status_details"] = json!({});
    clock.due_at = None;
    work.save(&clock).await?;
    work.emit("test_helpers.test_clock.ready", &clock).await?;
    Ok(())
}

/// Deletes a clock and its customers.
pub(crate) async fn delete(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    params.finish()?;
    let found = work.find(KIND, id).await?;
    let clock = found.ok_or_else(|| ApiError::missing("test_clock", id))?;
    let like = json!({ "test_clock": id });
    for customer in work.find_all("customer", &like).await? {
        customers::delete(work, customer.id(), Params::none()).await?;
    }
    work.emit("test_helpers.test_clock.deleted", &clock).await?;
    let statement = "UPDATE objects SET due_at = NULL, kind = 'deleted' WHERE id = $1";
    work.sql().execute(statement, &[&id]).await?;
    Ok(json!({ "id": id, "object": KIND, "deleted": true }))
}

/// The clock of a parameter.
pub(crate) async fn find(work: &Work<'_>, id: &str) -> ApiResult<String> {
    let found = work.find(KIND, id).await?;
    let clock = found.ok_or_else(|| ApiError::missing_parameter("test_clock", id, "test_clock"))?;
    Ok(clock.id().to_owned())
}

fn required_time(params: &mut Params) -> ApiResult<i64> {
    match params.integer("frozen_time")? {
        Some(time) if (0..=LATEST).contains(&time) => Ok(time),
        Some(_) => {
            let message = "Invalid timestamp: must be an integer Unix timestamp";
            Err(ApiError::parameter(None, "frozen_time", message))
        }
        None => params.required("frozen_time").map(|_| 0),
    }
}

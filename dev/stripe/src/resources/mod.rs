//! The API's resources, one file each: parameters in, Stripe's rendering out.

pub(crate) mod charges;
pub(crate) mod checkout_sessions;
pub(crate) mod coupons;
pub(crate) mod customers;
pub(crate) mod events;
pub(crate) mod invoice_items;
pub(crate) mod invoice_payments;
pub(crate) mod invoices;
pub(crate) mod payment_intents;
pub(crate) mod payment_methods;
pub(crate) mod portal_configurations;
pub(crate) mod portal_sessions;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod promotion_codes;
pub(crate) mod refunds;
pub(crate) mod setup_intents;
pub(crate) mod subscriptions;
pub(crate) mod test_clocks;
pub(crate) mod webhook_endpoints;

use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::work::Work;

/// Answers one object of a kind. `name` is what Stripe calls it in an error.
async fn retrieve(
    work: &Work<'_>,
    kind: &str,
    name: &str,
    id: &str,
    params: Params,
) -> ApiResult<Value> {
    params.finish()?;
    let found = work.find(kind, id).await?;
    found
        .map(|object| object.body)
        .ok_or_else(|| ApiError::missing(name, id))
}

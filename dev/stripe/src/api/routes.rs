//! Which call is answered where.

use http::Method;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::resources::checkout_sessions;
use crate::resources::customers;
use crate::resources::events;
use crate::resources::invoices;
use crate::resources::payment_methods;
use crate::resources::portal_sessions;
use crate::resources::prices;
use crate::resources::products;
use crate::resources::subscriptions;
use crate::work::Work;

/// Calls the handler of `method` and `path`.
pub(super) async fn dispatch(
    work: &Work<'_>,
    method: &Method,
    path: &str,
    params: Params,
) -> ApiResult<Value> {
    let segments: Vec<&str> = path
        .strip_prefix("/v1/")
        .unwrap_or_default()
        .split('/')
        .collect();
    match (method.as_str(), segments.as_slice()) {
        ("POST", ["billing_portal", "sessions"]) => portal_sessions::create(work, params).await,

        ("GET", ["checkout", "sessions"]) => checkout_sessions::list(work, params).await,
        ("POST", ["checkout", "sessions"]) => checkout_sessions::create(work, params).await,
        ("GET", ["checkout", "sessions", id]) => {
            checkout_sessions::retrieve(work, id, params).await
        }
        ("POST", ["checkout", "sessions", id, "expire"]) => {
            checkout_sessions::expire(work, id, params).await
        }

        ("GET", ["customers"]) => customers::list(work, params).await,
        ("POST", ["customers"]) => customers::create(work, params).await,
        ("GET", ["customers", id]) => customers::retrieve(work, id, params).await,
        ("POST", ["customers", id]) => customers::update(work, id, params).await,

        ("GET", ["events"]) => events::list(work, params).await,
        ("GET", ["events", id]) => events::retrieve(work, id, params).await,

        ("GET", ["invoices"]) => invoices::list(work, params).await,
        ("GET", ["invoices", id]) => invoices::retrieve(work, id, params).await,

        ("GET", ["payment_methods", id]) => payment_methods::retrieve(work, id, params).await,

        ("GET", ["prices"]) => prices::list(work, params).await,
        ("POST", ["prices"]) => prices::create(work, params).await,
        ("GET", ["prices", id]) => prices::retrieve(work, id, params).await,

        ("GET", ["products"]) => products::list(work, params).await,
        ("POST", ["products"]) => products::create(work, params).await,
        ("GET", ["products", id]) => products::retrieve(work, id, params).await,

        ("GET", ["subscriptions"]) => subscriptions::list(work, params).await,
        ("GET", ["subscriptions", id]) => subscriptions::retrieve(work, id, params).await,
        ("POST", ["subscriptions", id]) => subscriptions::update(work, id, params).await,
        ("DELETE", ["subscriptions", id]) => subscriptions::cancel(work, id, params).await,

        _ => Err(ApiError::unknown_url(method, path)),
    }
}

//! Which call is answered where.

use http::Method;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::resources::charges;
use crate::resources::checkout_sessions;
use crate::resources::coupons;
use crate::resources::customers;
use crate::resources::events;
use crate::resources::invoice_items;
use crate::resources::invoice_payments;
use crate::resources::invoices;
use crate::resources::payment_intents;
use crate::resources::payment_methods;
use crate::resources::portal_configurations;
use crate::resources::portal_sessions;
use crate::resources::prices;
use crate::resources::products;
use crate::resources::promotion_codes;
use crate::resources::refunds;
use crate::resources::setup_intents;
use crate::resources::subscriptions;
use crate::resources::test_clocks;
use crate::resources::webhook_endpoints;
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
    let called = (method.as_str(), segments.as_slice());
    match called.1.first() {
        Some(&("billing_portal" | "checkout" | "customers" | "payment_methods")) => {
            customer_facing(work, called, params).await
        }
        Some(&("coupons" | "prices" | "products" | "promotion_codes")) => {
            catalogue(work, called, params).await
        }
        Some(&("invoices" | "subscriptions")) => billing(work, called, params).await,
        Some(&("events" | "test_helpers" | "webhook_endpoints")) => {
            machinery(work, called, params).await
        }
        _ => money(work, called, params).await,
    }
    .unwrap_or_else(|| Err(ApiError::unknown_url(method, path)))
}

/// Method and path; none where nothing is called that.
type Called<'a> = (&'a str, &'a [&'a str]);

async fn customer_facing(
    work: &Work<'_>,
    called: Called<'_>,
    params: Params,
) -> Option<ApiResult<Value>> {
    Some(match called {
        ("GET", ["billing_portal", "configurations"]) => {
            portal_configurations::list(work, params).await
        }
        ("POST", ["billing_portal", "configurations"]) => {
            portal_configurations::create(work, params).await
        }
        ("GET", ["billing_portal", "configurations", id]) => {
            portal_configurations::retrieve(work, id, params).await
        }
        ("POST", ["billing_portal", "configurations", id]) => {
            portal_configurations::update(work, id, params).await
        }
        ("POST", ["billing_portal", "sessions"]) => portal_sessions::create(work, params).await,

        ("GET", ["checkout", "sessions"]) => checkout_sessions::list(work, params).await,
        ("POST", ["checkout", "sessions"]) => checkout_sessions::create(work, params).await,
        ("GET", ["checkout", "sessions", id]) => {
            checkout_sessions::retrieve(work, id, params).await
        }
        ("POST", ["checkout", "sessions", id, "expire"]) => {
            checkout_sessions::expire(work, id, params).await
        }
        ("GET", ["checkout", "sessions", id, "line_items"]) => {
            checkout_sessions::line_items(work, id, params).await
        }

        ("GET", ["customers"]) => customers::list(work, params).await,
        ("POST", ["customers"]) => customers::create(work, params).await,
        ("GET", ["customers", id]) => customers::retrieve(work, id, params).await,
        ("POST", ["customers", id]) => customers::update(work, id, params).await,
        ("DELETE", ["customers", id]) => customers::delete(work, id, params).await,

        ("GET", ["payment_methods"]) => payment_methods::list(work, params).await,
        ("GET", ["payment_methods", id]) => payment_methods::retrieve(work, id, params).await,
        ("POST", ["payment_methods", id, "attach"]) => {
            payment_methods::attach_by_call(work, id, params).await
        }
        ("POST", ["payment_methods", id, "detach"]) => {
            payment_methods::detach(work, id, params).await
        }
        _ => return None,
    })
}

async fn catalogue(
    work: &Work<'_>,
    called: Called<'_>,
    params: Params,
) -> Option<ApiResult<Value>> {
    Some(match called {
        ("GET", ["coupons"]) => coupons::list(work, params).await,
        ("POST", ["coupons"]) => coupons::create(work, params).await,
        ("GET", ["coupons", id]) => coupons::retrieve(work, id, params).await,

        ("GET", ["prices"]) => prices::list(work, params).await,
        ("POST", ["prices"]) => prices::create(work, params).await,
        ("GET", ["prices", id]) => prices::retrieve(work, id, params).await,

        ("GET", ["products"]) => products::list(work, params).await,
        ("POST", ["products"]) => products::create(work, params).await,
        ("GET", ["products", id]) => products::retrieve(work, id, params).await,

        ("GET", ["promotion_codes"]) => promotion_codes::list(work, params).await,
        ("POST", ["promotion_codes"]) => promotion_codes::create(work, params).await,
        ("GET", ["promotion_codes", id]) => promotion_codes::retrieve(work, id, params).await,
        ("POST", ["promotion_codes", id]) => promotion_codes::update(work, id, params).await,
        _ => return None,
    })
}

async fn billing(work: &Work<'_>, called: Called<'_>, params: Params) -> Option<ApiResult<Value>> {
    Some(match called {
        ("GET", ["invoices"]) => invoices::list(work, params).await,
        ("POST", ["invoices", "create_preview"]) => invoices::preview(work, params).await,
        ("GET", ["invoices", id]) => invoices::retrieve(work, id, params).await,
        ("GET", ["invoices", id, "lines"]) => invoices::lines(work, id, params).await,
        ("POST", ["invoices", id, "pay"]) => invoices::pay(work, id, params).await,
        ("POST", ["invoices", id, "void"]) => invoices::void(work, id, params).await,
        ("POST", ["invoices", id, "mark_uncollectible"]) => {
            invoices::mark_uncollectible(work, id, params).await
        }
        ("POST", ["invoices", id, "finalize"]) => invoices::finalize(work, id, params).await,

        ("GET", ["subscriptions"]) => subscriptions::list(work, params).await,
        ("POST", ["subscriptions"]) => subscriptions::create(work, params).await,
        ("GET", ["subscriptions", id]) => subscriptions::retrieve(work, id, params).await,
        ("POST", ["subscriptions", id]) => subscriptions::update(work, id, params).await,
        ("DELETE", ["subscriptions", id]) => subscriptions::cancel(work, id, params).await,
        ("POST", ["subscriptions", id, "pause"]) => subscriptions::pause(work, id, params).await,
        ("POST", ["subscriptions", id, "resume"]) => subscriptions::resume(work, id, params).await,
        _ => return None,
    })
}

async fn money(work: &Work<'_>, called: Called<'_>, params: Params) -> Option<ApiResult<Value>> {
    Some(match called {
        ("GET", ["charges"]) => charges::list(work, params).await,
        ("GET", ["charges", id]) => charges::retrieve(work, id, params).await,

        ("GET", ["invoiceitems"]) => invoice_items::list(work, params).await,
        ("GET", ["invoiceitems", id]) => invoice_items::retrieve(work, id, params).await,

        ("GET", ["invoice_payments"]) => invoice_payments::list(work, params).await,
        ("GET", ["invoice_payments", id]) => invoice_payments::retrieve(work, id, params).await,

        ("GET", ["payment_intents"]) => payment_intents::list(work, params).await,
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(work, id, params).await,

        ("GET", ["refunds"]) => refunds::list(work, params).await,
        ("POST", ["refunds"]) => refunds::create(work, params).await,
        ("GET", ["refunds", id]) => refunds::retrieve(work, id, params).await,

        ("GET", ["setup_intents"]) => setup_intents::list(work, params).await,
        ("GET", ["setup_intents", id]) => setup_intents::retrieve(work, id, params).await,
        _ => return None,
    })
}

async fn machinery(
    work: &Work<'_>,
    called: Called<'_>,
    params: Params,
) -> Option<ApiResult<Value>> {
    Some(match called {
        ("GET", ["events"]) => events::list(work, params).await,
        ("GET", ["events", id]) => events::retrieve(work, id, params).await,

        ("GET", ["test_helpers", "test_clocks"]) => test_clocks::list(work, params).await,
        ("POST", ["test_helpers", "test_clocks"]) => test_clocks::create(work, params).await,
        ("GET", ["test_helpers", "test_clocks", id]) => {
            test_clocks::retrieve(work, id, params).await
        }
        ("DELETE", ["test_helpers", "test_clocks", id]) => {
            test_clocks::delete(work, id, params).await
        }
        ("POST", ["test_helpers", "test_clocks", id, "advance"]) => {
            test_clocks::advance(work, id, params).await
        }

        ("GET", ["webhook_endpoints"]) => webhook_endpoints::list(work, params).await,
        ("POST", ["webhook_endpoints"]) => webhook_endpoints::create(work, params).await,
        ("GET", ["webhook_endpoints", id]) => webhook_endpoints::retrieve(work, id, params).await,
        ("POST", ["webhook_endpoints", id]) => webhook_endpoints::update(work, id, params).await,
        ("DELETE", ["webhook_endpoints", id]) => webhook_endpoints::delete(work, id, params).await,
        _ => return None,
    })
}

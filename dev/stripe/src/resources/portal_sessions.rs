//! `/v1/billing_portal/sessions`

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::billing::subscribing;
use crate::ids;
use crate::resources::checkout_sessions::check_url;
use crate::resources::customers;
use crate::resources::portal_configurations;
use crate::store::Object;
use crate::work::Work;

/// Flows that lead to one act only.
const FLOWS: &[&str] = &[
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
];

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let customer = customers::find(work, &params.required("customer")?).await?;
    let configuration = params.text("configuration");
    let configuration = portal_configurations::find(work, configuration.as_deref()).await?;
    let return_url = params.text("return_url");
    if let Some(url) = &return_url {
        check_url(url, "return_url")?;
    }
    let default_url = &configuration.body["default_return_url"];
    let return_url = return_url.map_or_else(|| default_url.clone(), Value::String);
    let flow = flow(work, &customer, &configuration, &mut params).await?;
    // The path is the credential, and not the id, which gets into logs.
    let secret = ids::with_length("test_", 48);
    let mut session = Object::new(json!({
        "id": ids::new("bps_1"),
        "object": "billing_portal.session",
        "configuration": configuration.id(),
        "created": work.now(),
        "customer": customer.id(),
        "customer_account": null,
        "flow": flow,
        "livemode": false,
        "locale": params.text("locale"),
        "on_behalf_of": null,
        "return_url": return_url,
        "url": format!("{}/p/session/{secret}", work.settings().public_url),
    }));
    // A link ages in real time, whatever clock its customer lives by.
    session.hidden["opened_at"] = work.clock().into();
    params.finish()?;
    work.insert(&session).await?;
    work.emit("billing_portal.session.created", &session)
        .await?;
    Ok(session.body)
}

async fn flow(
    work: &Work<'_>,
    customer: &Object,
    configuration: &Object,
    params: &mut Params,
) -> ApiResult<Value> {
    let Some(kind) = params.choice("flow_data[type]", FLOWS)? else {
        return Ok(Value::Null);
    };
    if configuration.body["features"][&kind]["enabled"] != true {
        let message = format!("The configuration does not allow {kind}");
        return Err(ApiError::parameter(None, "flow_data[type]", message));
    }
    let mut flow = json!({
        "after_completion": { "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" },
        "customer_update": null,
        "subscription_cancel": null,
        "subscription_pause": null,
        "subscription_update": null,
        "subscription_update_confirm": null,
        "type": kind,
    });
    let after = "flow_data[after_completion]";
    if let Some(then) =
        params.choice(&format!("{after}[type]"), &["portal_homepage", "redirect"])?
    {
        flow["after_completion"]["type"] = then.into();
    }
    if flow["after_completion"]["type"] == "redirect" {
        let param = format!("{after}[redirect][return_url]");
        let url = params.required(&param)?;
        check_url(&url, &param)?;
        flow["after_completion"]["redirect"] = json!({ "return_url": url });
    }
    if kind != "payment_method_update" {
        let param = format!("flow_data[{kind}][subscription]");
        let id = params.required(&param)?;
        let found = work.find("subscription", &id).await?;
        let is_theirs = found.is_some_and(|subscription| {
            subscription.body["customer"] == customer.id() && !subscribing::has_ended(&subscription)
        });
        if !is_theirs {
            return Err(ApiError::missing_parameter("subscription", &id, &param));
        }
        flow[&kind] = if kind == "subscription_cancel" {
            json!({ "retention": null, "subscription": id })
        } else {
            json!({ "subscription": id })
        };
    }
    Ok(flow)
}

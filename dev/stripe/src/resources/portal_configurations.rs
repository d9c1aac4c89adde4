//! `/v1/billing_portal/configurations`: what customers may do on the portal's page.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::changing::Proration;
use crate::ids;
use crate::resources::checkout_sessions::check_url;
use crate::shapes;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

/// The account's default, there from the start.
pub(crate) const DEFAULT: &str = "bpc_1default";
const KIND: &str = "billing_portal.configuration";
const MAX_PRODUCTS: usize = 10;
const REASONS: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

/// Makes the default, which allows everything that the page can do. Plans are changed with proration at once, and
/// a default that names no products sells every active recurring price.
pub(crate) async fn ensure_default(work: &Work<'_>) -> ApiResult<()> {
    if work.find(KIND, DEFAULT).await?.is_some() {
        return Ok(());
    }
    let mut configuration = new(work.now(), DEFAULT);
    configuration.body["is_default"] = true.into();
    let features = &mut configuration.body["features"];
    features["customer_update"] = json!({ "allowed_updates": ["email", "name"], "enabled": true });
    features["invoice_history"]["enabled"] = true.into();
    features["payment_method_update"]["enabled"] = true.into();
    let cancel = &mut features["subscription_cancel"];
    cancel["enabled"] = true.into();
    cancel["cancellation_reason"] =
        json!({ "enabled": true, "feedback_options": null, "options": REASONS });
    let update = &mut features["subscription_update"];
    update["enabled"] = true.into();
    update["default_allowed_updates"] = json!(["price"]);
    update["proration_behavior"] = "always_invoice".into();
    update["trial_update_behavior"] = "continue_trial".into();
    work.insert(&configuration).await?;
    Ok(())
}

pub(crate) async fn create(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    if !params.mentions("features") {
        params.required("features")?;
    }
    let mut configuration = new(work.now(), &ids::new("bpc_1"));
    write(work, &mut configuration, &mut params).await?;
    params.finish()?;
    work.insert(&configuration).await?;
    work.emit("billing_portal.configuration.created", &configuration)
        .await?;
    Ok(configuration.body)
}

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, KIND, "configuration", id, params).await
}

pub(crate) async fn update(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let found = work.find(KIND, id).await?;
    let mut configuration = found.ok_or_else(|| ApiError::missing("configuration", id))?;
    let before = configuration.body.clone();
    if let Some(active) = params.boolean("active")? {
        configuration.body["active"] = active.into();
    }
    write(work, &mut configuration, &mut params).await?;
    params.finish()?;
    configuration.body["updated"] = work.now().into();
    work.save(&configuration).await?;
    let kind = "billing_portal.configuration.updated";
    work.emit_change(kind, &before, &configuration).await?;
    Ok(configuration.body)
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all(KIND)
        .with("active", params.boolean("active")?)
        .with("is_default", params.boolean("is_default")?);
    lists::answer(work, params, "/v1/billing_portal/configurations", filter).await
}

/// The configuration of a parameter, or the default.
pub(crate) async fn find(work: &Work<'_>, id: Option<&str>) -> ApiResult<Object> {
    let id = id.unwrap_or(DEFAULT);
    let found = work
        .find(KIND, id)
        .await?
        .filter(|found| found.is("active"));
    found.ok_or_else(|| ApiError::missing_parameter("configuration", id, "configuration"))
}

fn new(now: i64, id: &str) -> Object {
    let fields = json!({ "id": id, "created": now, "updated": now });
    Object::new(shapes::fill(shapes::PORTAL_CONFIGURATION, fields))
}

async fn write(work: &Work<'_>, configuration: &mut Object, params: &mut Params) -> ApiResult<()> {
    let body = &mut configuration.body;
    for field in ["name", "default_return_url"] {
        if let Some(value) = params.change(field) {
            body[field] = value;
        }
    }
    if let Some(url) = body["default_return_url"].as_str() {
        check_url(url, "default_return_url")?;
    }
    for field in ["headline", "privacy_policy_url", "terms_of_service_url"] {
        if let Some(value) = params.change(&format!("business_profile[{field}]")) {
            body["business_profile"][field] = value;
        }
    }
    body["metadata"] = params.metadata("metadata", &body["metadata"])?;
    switches(&mut body["features"], params)?;
    words(&mut body["features"], params)?;
    products(work, &mut body["features"]["subscription_update"], params).await
}

/// What may be done at all.
fn switches(features: &mut Value, params: &mut Params) -> ApiResult<()> {
    for feature in [
        "customer_update",
        "invoice_history",
        "payment_method_update",
        "subscription_cancel",
        "subscription_pause",
        "subscription_update",
    ] {
        if let Some(enabled) = params.boolean(&format!("features[{feature}][enabled]"))? {
            features[feature]["enabled"] = enabled.into();
        }
    }
    let reason = "features[subscription_cancel][cancellation_reason]";
    if let Some(enabled) = params.boolean(&format!("{reason}[enabled]"))? {
        features["subscription_cancel"]["cancellation_reason"]["enabled"] = enabled.into();
    }
    let options = params.texts(&format!("{reason}[options]"));
    if !options.is_empty() {
        check_words(&options, REASONS, &format!("{reason}[options]"))?;
        features["subscription_cancel"]["cancellation_reason"]["options"] = options.into();
    }
    Ok(())
}

/// How it is done.
fn words(features: &mut Value, params: &mut Params) -> ApiResult<()> {
    let choices: [(&str, &str, &[&str]); 5] = [
        (
            "subscription_cancel",
            "mode",
            &["at_period_end", "immediately"],
        ),
        (
            "subscription_cancel",
            "proration_behavior",
            Proration::WORDS,
        ),
        (
            "subscription_update",
            "proration_behavior",
            Proration::WORDS,
        ),
        (
            "subscription_update",
            "billing_cycle_anchor",
            &["now", "unchanged"],
        ),
        (
            "subscription_update",
            "trial_update_behavior",
            &["continue_trial", "end_trial"],
        ),
    ];
    for (feature, field, allowed) in choices {
        if let Some(word) = params.choice(&format!("features[{feature}][{field}]"), allowed)? {
            features[feature][field] = word.into();
        }
    }
    let lists: [(&str, &str, &[&str]); 2] = [
        (
            "customer_update",
            "allowed_updates",
            &["address", "email", "name", "phone", "shipping", "tax_id"],
        ),
        (
            "subscription_update",
            "default_allowed_updates",
            &["price", "promotion_code", "quantity"],
        ),
    ];
    for (feature, field, allowed) in lists {
        let param = format!("features[{feature}][{field}]");
        let chosen = params.texts(&param);
        if !chosen.is_empty() {
            check_words(&chosen, allowed, &param)?;
            features[feature][field] = chosen.into();
        }
    }
    Ok(())
}

fn check_words(words: &[String], allowed: &[&str], param: &str) -> ApiResult<()> {
    if words.iter().all(|word| allowed.contains(&word.as_str())) {
        return Ok(());
    }
    let message = format!("Invalid {param}: must be of {}", allowed.join(", "));
    Err(ApiError::parameter(None, param, message))
}

/// What customers may change over to.
async fn products(work: &Work<'_>, update: &mut Value, params: &mut Params) -> ApiResult<()> {
    let name = "features[subscription_update][products]";
    let elements = params.elements(name);
    if elements.len() > MAX_PRODUCTS {
        return Err(ApiError::parameter(
            None,
            name,
            "At most 10 products can be offered",
        ));
    }
    let mut products = Vec::new();
    for element in elements {
        let product = params.required(&format!("{element}[product]"))?;
        let prices = params.texts(&format!("{element}[prices]"));
        for price in &prices {
            let found = work.find("price", price).await?;
            let is_its = found.is_some_and(|found| found.body["product"] == product.as_str());
            if !is_its {
                return Err(ApiError::missing_parameter("price", price, &element));
            }
        }
        products.push(json!({
            "adjustable_quantity": { "enabled": false, "maximum": null, "minimum": 1 },
            "prices": prices,
            "product": product,
        }));
    }
    if !products.is_empty() {
        update["products"] = products.into();
    }
    Ok(())
}

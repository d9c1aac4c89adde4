//! `/v1/subscriptions`

use anyhow::Context;
use serde_json::Value;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::charging;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::period;
use crate::billing::subscribing;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

const STATUSES: &[&str] = &[
    "active",
    "all",
    "canceled",
    "ended",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "paused",
    "trialing",
    "unpaid",
];
const FEEDBACK: &[&str] = &[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
];

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "subscription", "subscription", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let mut filter = Filter::all("subscription").with("customer", params.text("customer"));
    match params.choice("status", STATUSES)?.as_deref() {
        Some("all") => {}
        Some("ended") => {
            let ended = ["canceled", "incomplete_expired"].map(str::to_owned);
            filter.one_of = ("status", ended.to_vec());
        }
        Some(status) => filter.like["status"] = status.into(),
        // Stripe hides these from a list that does not ask for them.
        None => filter.none_of = ("status", vec!["canceled".to_owned()]),
    }
    lists::answer(work, params, "/v1/subscriptions", filter).await
}

pub(crate) async fn update(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut subscription = find_living(work, id).await?;
    let before = subscription.body.clone();
    let metadata = params.metadata("metadata", &subscription.body["metadata"])?;
    subscription.body["metadata"] = metadata;
    cancellation_details(&mut subscription, &mut params)?;
    if let Some(cancel) = params.boolean("cancel_at_period_end")? {
        subscribing::set_cancel_at_period_end(work, &mut subscription, cancel);
    }
    let starts_over = change_items(work, &mut subscription, &mut params).await?;
    params.finish()?;
    if starts_over {
        start_over(work, &mut subscription).await?;
    }
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(subscription.body)
}

pub(crate) async fn cancel(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut subscription = find_living(work, id).await?;
    cancellation_details(&mut subscription, &mut params)?;
    for unused in ["invoice_now", "prorate"] {
        refuse_true(&mut params, unused)?;
    }
    params.finish()?;
    subscribing::end(work, &mut subscription, "cancellation_requested").await?;
    Ok(subscription.body)
}

/// An ended subscription can be read, and never changed.
async fn find_living(work: &Work<'_>, id: &str) -> ApiResult<Object> {
    let found = work.find("subscription", id).await?;
    found
        .filter(|subscription| !subscribing::has_ended(subscription))
        .ok_or_else(|| ApiError::missing("subscription", id))
}

fn cancellation_details(subscription: &mut Object, params: &mut Params) -> ApiResult<()> {
    if let Some(comment) = params.change("cancellation_details[comment]") {
        subscription.body["cancellation_details"]["comment"] = comment;
    }
    if let Some(feedback) = params.choice("cancellation_details[feedback]", FEEDBACK)? {
        subscription.body["cancellation_details"]["feedback"] = feedback.into();
    }
    Ok(())
}

fn refuse_true(params: &mut Params, name: &str) -> ApiResult<()> {
    if params.boolean(name)? == Some(true) {
        let message = "This stand-in prorates nothing";
        return Err(ApiError::parameter(None, name, message));
    }
    Ok(())
}

/// Changes prices and quantities. Answers whether a new period begins, as it does when the interval changes.
async fn change_items(
    work: &Work<'_>,
    subscription: &mut Object,
    params: &mut Params,
) -> ApiResult<bool> {
    let prorates = params.choice("proration_behavior", &["none"])?.is_none();
    if prorates && params.mentions("items") {
        // Stripe's default would charge the difference, and this stand-in cannot.
        let message = "This stand-in prorates nothing: send proration_behavior=none";
        return Err(ApiError::parameter(None, "proration_behavior", message));
    }
    let mut starts_over = false;
    for element in params.elements("items") {
        starts_over |= change_item(work, subscription, params, &element).await?;
    }
    Ok(starts_over && subscription.text("status") != "trialing")
}

/// Changes one item. Answers whether its interval is another now.
async fn change_item(
    work: &Work<'_>,
    subscription: &mut Object,
    params: &mut Params,
    element: &str,
) -> ApiResult<bool> {
    let id_param = format!("{element}[id]");
    let id = params.required(&id_param)?;
    let price = match params.text(&format!("{element}[price]")) {
        Some(price) => Some(find_price(work, &price, element).await?),
        None => None,
    };
    let quantity_param = format!("{element}[quantity]");
    let quantity = params.integer(&quantity_param)?;
    if quantity.is_some_and(|quantity| !(1..=999_999).contains(&quantity)) {
        let message = "Quantity must be from 1 to 999999";
        return Err(ApiError::parameter(None, &quantity_param, message));
    }
    let items = subscription.body["items"]["data"].as_array_mut();
    let item = items
        .into_iter()
        .flatten()
        .find(|item| item["id"] == id.as_str());
    let item =
        item.ok_or_else(|| ApiError::missing_parameter("subscription_item", &id, &id_param))?;
    if let Some(quantity) = quantity {
        item["quantity"] = quantity.into();
    }
    let Some(price) = price else { return Ok(false) };
    let starts_over = price["recurring"] != item["price"]["recurring"];
    item["plan"] = subscribing::plan(&price);
    item["price"] = price;
    Ok(starts_over)
}

async fn find_price(work: &Work<'_>, id: &str, element: &str) -> ApiResult<Value> {
    let param = format!("{element}[price]");
    let found = work.find("price", id).await?;
    let price = found.ok_or_else(|| ApiError::missing_parameter("price", id, &param))?;
    if price.body["recurring"].is_null() || price.body["active"].as_bool() != Some(true) {
        let message = "The price must be active and recurring";
        return Err(ApiError::parameter(None, &param, message));
    }
    Ok(price.body)
}

/// A new interval begins now and is charged in full.
async fn start_over(work: &Work<'_>, subscription: &mut Object) -> ApiResult<()> {
    let now = work.now();
    let recurring = &subscription.body["items"]["data"][0]["price"]["recurring"];
    let end = period::end_after(now, now, recurring).context("begin a new period")?;
    subscription.body["billing_cycle_anchor"] = now.into();
    subscribing::set_period(subscription, now, end);
    let mut invoice = invoicing::write(work, subscription, Reason::Update).await?;
    subscription.body["latest_invoice"] = invoice.id().into();
    charging::collect(work, subscription, &mut invoice).await
}

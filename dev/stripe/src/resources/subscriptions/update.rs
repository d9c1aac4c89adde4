//! `POST /v1/subscriptions/{id}`

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::billing::changing;
use crate::billing::changing::Change;
use crate::billing::changing::Failing;
use crate::billing::changing::Proration;
use crate::billing::discounts;
use crate::billing::subscribing;
use crate::resources::customers;
use crate::store::Object;
use crate::work::Work;

use super::find_living;
use super::params;

const BEHAVIOURS: &[&str] = &[
    "allow_incomplete",
    "error_if_incomplete",
    "pending_if_incomplete",
];
const COLLECTION: &[&str] = &["keep_as_draft", "mark_uncollectible", "void"];

pub(crate) async fn update(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut subscription = find_living(work, id).await?;
    let before = subscription.body.clone();
    write(work, &mut subscription, &mut params).await?;
    let change = change(work, &subscription, &mut params).await?;
    let failing = match params.choice("payment_behavior", BEHAVIOURS)?.as_deref() {
        Some("error_if_incomplete") => Failing::Refused,
        Some("pending_if_incomplete") => Failing::Waits,
        _ => Failing::Lapses,
    };
    let ends_trial = ends_trial(work, &mut subscription, &mut params)?;
    params.finish()?;
    if !change.items.is_empty() || change.restarts {
        if !matches!(
            subscription.text("status"),
            "active" | "trialing" | "past_due"
        ) {
            let message = format!(
                "A subscription that is {} keeps its items",
                subscription.text("status")
            );
            return Err(ApiError::request(message));
        }
        changing::change(work, &mut subscription, &change, failing).await?;
    }
    if ends_trial {
        let outcome = changing::end_trial(work, &mut subscription).await?;
        if failing == Failing::Refused {
            outcome.into_result()?;
        }
    }
    subscribing::schedule(&mut subscription);
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(subscription.body)
}

async fn write(work: &Work<'_>, subscription: &mut Object, params: &mut Params) -> ApiResult<()> {
    let metadata = params.metadata("metadata", &subscription.body["metadata"])?;
    subscription.body["metadata"] = metadata;
    if let Some(description) = params.change("description") {
        subscription.body["description"] = description;
    }
    params::cancellation_details(subscription, params)?;
    if let Some(cancel) = params.boolean("cancel_at_period_end")? {
        subscribing::set_cancel_at_period_end(work, subscription, cancel);
    }
    if let Some(method) = params.text("default_payment_method") {
        let customer = customers::find(work, subscription.text("customer")).await?;
        let param = "default_payment_method";
        let found = customers::find_method(work, &customer, &method, param).await?;
        subscription.body[param] = found.id().into();
    }
    pause_collection(subscription, params)?;
    let removes = params
        .change("discounts")
        .is_some_and(|none| none.is_null());
    if removes {
        subscription.body["discounts"] = json!([]);
    }
    if let Some((coupon, code)) = params::discount(work, params).await? {
        let code = code.as_ref().map(Object::id);
        let discount = discounts::grant(work, coupon, code, subscription).await?;
        subscription.body["discounts"] = json!([discount]);
    }
    Ok(())
}

/// Invoices are written and not collected until it is taken back (by an empty text) or ends by itself.
fn pause_collection(subscription: &mut Object, params: &mut Params) -> ApiResult<()> {
    if params
        .change("pause_collection")
        .is_some_and(|none| none.is_null())
    {
        subscription.body["pause_collection"] = Value::Null;
    }
    let resumes_at = params.integer("pause_collection[resumes_at]")?;
    let Some(behavior) = params.choice("pause_collection[behavior]", COLLECTION)? else {
        if resumes_at.is_some() {
            params.required("pause_collection[behavior]")?;
        }
        return Ok(());
    };
    subscription.body["pause_collection"] =
        json!({ "behavior": behavior, "resumes_at": resumes_at });
    Ok(())
}

async fn change(work: &Work<'_>, subscription: &Object, params: &mut Params) -> ApiResult<Change> {
    let behaviour = params.choice("proration_behavior", Proration::WORDS)?;
    let anchor = params.choice("billing_cycle_anchor[type]", &["now", "unchanged"])?;
    params.boolean("off_session")?;
    Ok(Change {
        items: params::item_changes(work, params, "items").await?,
        proration: Proration::of(behaviour.as_deref()),
        at: params::proration_date(work, subscription, params, "proration_date")?,
        restarts: anchor.as_deref() == Some("now"),
    })
}

/// `trial_end`: moves a trial's end; `now` ends it.
fn ends_trial(work: &Work<'_>, subscription: &mut Object, params: &mut Params) -> ApiResult<bool> {
    let Some(end) = params.text("trial_end") else {
        return Ok(false);
    };
    let is_trial = subscription.text("status") == "trialing";
    if end == "now" {
        return Ok(is_trial);
    }
    let end: i64 = end.parse().unwrap_or_default();
    if !is_trial || end <= work.now() {
        let message = "Only the end of a running trial can be moved, to a later time";
        return Err(ApiError::parameter(None, "trial_end", message));
    }
    let start = subscription.number("trial_start");
    subscription.body["trial_end"] = end.into();
    subscription.body["billing_cycle_anchor"] = end.into();
    subscription.hidden["reminded"] = false.into();
    subscribing::set_period(subscription, start, end);
    Ok(false)
}

//! `/v1/invoices`; they are made by `billing`.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::advance;
use crate::billing::cards::Situation;
use crate::billing::changing;
use crate::billing::changing::Change;
use crate::billing::changing::Proration;
use crate::billing::charging;
use crate::billing::charging::Outcome;
use crate::billing::dunning;
use crate::billing::invoicing;
use crate::billing::invoicing::Reason;
use crate::billing::subscribing;
use crate::ids;
use crate::resources::customers;
use crate::resources::subscriptions;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

const STATUSES: &[&str] = &["draft", "open", "paid", "uncollectible", "void"];

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "invoice", "invoice", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let parent = params
        .text("subscription")
        .map(|subscription| json!({ "subscription_details": { "subscription": subscription } }));
    let filter = Filter::all("invoice")
        .with("customer", params.text("customer"))
        .with("status", params.choice("status", STATUSES)?)
        .with("parent", parent);
    lists::answer(work, params, "/v1/invoices", filter).await
}

/// `GET …/lines`: all of them, since no invoice here has many.
pub(crate) async fn lines(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    params.integer("limit")?;
    params.finish()?;
    Ok(find(work, id).await?.body["lines"].clone())
}

/// `POST …/pay`: tries now; by another card if one is given, or without money.
pub(crate) async fn pay(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    let mut invoice = find_in(work, id, &["open", "uncollectible", "draft"]).await?;
    let method = params.text("payment_method");
    let is_elsewhere = params.boolean("paid_out_of_band")? == Some(true);
    params.boolean("off_session")?;
    params.finish()?;
    if is_elsewhere {
        invoicing::settle(work, &mut invoice).await?;
        charging::take_effect(work, &invoice).await?;
        return Ok(find(work, id).await?.body);
    }
    let method = match method {
        Some(method) => {
            let customer = customers::find(work, invoice.text("customer")).await?;
            Some(customers::find_method(work, &customer, &method, "payment_method").await?)
        }
        None => match charging::subscription_of(work, &invoice).await? {
            Some(subscription) => charging::method_of(work, &subscription).await?,
            None => None,
        },
    };
    invoice.body["status"] = "open".into();
    let next = invoice.due_at;
    let outcome = charging::attempt(work, &mut invoice, method.as_ref(), Situation::Away).await?;
    match outcome {
        Outcome::Paid => charging::take_effect(work, &invoice).await?,
        Outcome::Processing => {}
        Outcome::Declined(_) | Outcome::NoCard => {
            work.keep_declined();
            work.emit("invoice.payment_failed", &invoice).await?;
            invoice.due_at = next;
            work.save(&invoice).await?;
        }
    }
    outcome.into_result()?;
    Ok(find(work, id).await?.body)
}

pub(crate) async fn void(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    close(work, id, params, "void").await
}

pub(crate) async fn mark_uncollectible(
    work: &Work<'_>,
    id: &str,
    params: Params,
) -> ApiResult<Value> {
    close(work, id, params, "uncollectible").await
}

/// `POST …/finalize`: a draft is to be paid after all.
pub(crate) async fn finalize(work: &Work<'_>, id: &str, mut params: Params) -> ApiResult<Value> {
    params.boolean("auto_advance")?;
    params.finish()?;
    let mut invoice = find_in(work, id, &["draft"]).await?;
    invoice.body["status"] = "open".into();
    work.save(&invoice).await?;
    work.emit("invoice.finalized", &invoice).await?;
    Ok(invoice.body)
}

/// `POST /v1/invoices/create_preview`: what a subscription's next invoice would be, with a change or without.
/// The change is really made and then undone, so that the preview cannot differ from what happens.
pub(crate) async fn preview(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    work.discard();
    let id = params.required("subscription")?;
    let found = work.find("subscription", &id).await?;
    let living = found.filter(|subscription| !subscribing::has_ended(subscription));
    let mut subscription =
        living.ok_or_else(|| ApiError::missing_parameter("subscription", &id, "subscription"))?;
    if let Some(customer) = params.text("customer")
        && subscription.body["customer"] != customer.as_str()
    {
        return Err(ApiError::missing_parameter(
            "subscription",
            &id,
            "subscription",
        ));
    }
    let change = change(work, &subscription, &mut params).await?;
    params.choice("preview_mode", &["next"])?;
    params.finish()?;
    let reason = changing::apply(work, &mut subscription, &change).await?;
    let reason = if let Some(reason) = reason {
        reason
    } else {
        advance::next_period(&mut subscription)?;
        subscription.body["status"] = "active".into();
        Reason::Upcoming
    };
    let mut invoice = invoicing::write(work, &subscription, reason).await?;
    let id = ids::new("upcoming_in_1");
    invoice.body["id"] = id.as_str().into();
    invoice.body["lines"]["url"] = format!("/v1/invoices/{id}/lines").into();
    invoice.body["status"] = "draft".into();
    invoice.body["hosted_invoice_url"] = Value::Null;
    invoice.body["number"] = Value::Null;
    invoice.body["next_payment_attempt"] = if reason == Reason::Upcoming {
        subscription.body["items"]["data"][0]["current_period_start"].clone()
    } else {
        work.now().into()
    };
    Ok(invoice.body)
}

async fn change(work: &Work<'_>, subscription: &Object, params: &mut Params) -> ApiResult<Change> {
    let name = |field: &str| format!("subscription_details[{field}]");
    let behaviour = params.choice(&name("proration_behavior"), Proration::WORDS)?;
    let anchor = format!("{}[type]", name("billing_cycle_anchor"));
    let anchor = params.choice(&anchor, &["now", "unchanged"])?;
    Ok(Change {
        items: subscriptions::item_changes(work, params, &name("items")).await?,
        proration: Proration::of(behaviour.as_deref()),
        at: subscriptions::proration_date(work, subscription, params, &name("proration_date"))?,
        restarts: anchor.as_deref() == Some("now"),
    })
}

async fn close(work: &Work<'_>, id: &str, params: Params, status: &str) -> ApiResult<Value> {
    params.finish()?;
    let allowed: &[&str] = if status == "void" {
        &["open", "uncollectible"]
    } else {
        &["open"]
    };
    let mut invoice = find_in(work, id, allowed).await?;
    invoicing::close(work, &mut invoice, status).await?;
    dunning::leave(work, &mut invoice).await?;
    Ok(invoice.body)
}

async fn find(work: &Work<'_>, id: &str) -> ApiResult<Object> {
    let found = work.find("invoice", id).await?;
    found.ok_or_else(|| ApiError::missing("invoice", id))
}

async fn find_in(work: &Work<'_>, id: &str, statuses: &[&str]) -> ApiResult<Object> {
    let invoice = find(work, id).await?;
    let status = invoice.text("status");
    if statuses.contains(&status) {
        return Ok(invoice);
    }
    if status == "paid" {
        return Err(ApiError::coded(
            "invoice_already_paid",
            "Invoice is already paid",
        ));
    }
    let message = format!("This is not possible while the invoice is {status}");
    Err(ApiError::coded("invoice_not_editable", message))
}

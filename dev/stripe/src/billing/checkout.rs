//! A Checkout Session comes to its end: paid, or too late.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::cards::Card;
use crate::billing::subscribing;
use crate::billing::subscribing::Line;
use crate::billing::subscribing::Order;
use crate::resources::customers;
use crate::resources::payment_methods;
use crate::store::Object;
use crate::work::Work;

const DAY_SECONDS: i64 = 86_400;

/// What the customer gave on the page.
pub(crate) struct Payer<'a> {
    /// None where nothing is due now and the session asks for a card only if required.
    pub(crate) card: Option<&'a Card>,
    /// Used when the session knows no customer.
    pub(crate) email: &'a str,
}

/// Completes an open session: customer, card, subscription, invoice, events.
pub(crate) async fn complete(
    work: &Work<'_>,
    session: &mut Object,
    payer: &Payer<'_>,
) -> ApiResult<()> {
    let customer = customer(work, session, payer.email).await?;
    let payment_method = match payer.card {
        Some(card) => Some(payment_methods::attach(work, customer.id(), card).await?),
        None => None,
    };
    let order = order(work, session, &customer, payment_method).await?;
    let is_trial = order.trial_end.is_some();
    let (subscription, invoice) = subscribing::start(work, &order).await?;

    let body = &mut session.body;
    body["status"] = "complete".into();
    body["payment_status"] = if is_trial {
        "no_payment_required".into()
    } else {
        "paid".into()
    };
    body["customer"] = customer.id().into();
    body["customer_details"] = customer_details(&customer);
    body["subscription"] = subscription.id().into();
    body["invoice"] = invoice.id().into();
    body["url"] = Value::Null;
    session.due_at = None;
    work.save(session).await?;
    work.emit("checkout.session.completed", session).await?;
    Ok(())
}

/// Closes an open session.
pub(crate) async fn expire(work: &Work<'_>, session: &mut Object) -> ApiResult<()> {
    session.body["status"] = "expired".into();
    session.body["url"] = Value::Null;
    session.due_at = None;
    work.save(session).await?;
    work.emit("checkout.session.expired", session).await?;
    Ok(())
}

/// The lines of a session, with their prices as they are now.
pub(crate) async fn lines(work: &Work<'_>, session: &Object) -> ApiResult<Vec<Line>> {
    let mut lines = Vec::new();
    for item in session.hidden["line_items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let id = item["price"].as_str().unwrap_or_default();
        let price = work
            .find("price", id)
            .await?
            .context("the session's price is missing")?;
        lines.push(Line {
            price: price.body,
            quantity: item["quantity"].as_i64().unwrap_or(1),
        });
    }
    Ok(lines)
}

/// When the trial that a session gives would end, Unix seconds.
pub(crate) fn trial_end(work: &Work<'_>, session: &Object) -> Option<i64> {
    let data = &session.hidden["subscription_data"];
    let by_days = data["trial_period_days"]
        .as_i64()
        .map(|days| work.now() + days * DAY_SECONDS);
    by_days.or_else(|| data["trial_end"].as_i64())
}

async fn customer(work: &Work<'_>, session: &Object, email: &str) -> ApiResult<Object> {
    match session.body["customer"].as_str() {
        Some(id) => Ok(work
            .find("customer", id)
            .await?
            .context("the session's customer is missing")?),
        None => customers::create_from_page(work, email).await,
    }
}

async fn order(
    work: &Work<'_>,
    session: &Object,
    customer: &Object,
    payment_method: Option<Object>,
) -> ApiResult<Order> {
    let data = &session.hidden["subscription_data"];
    Ok(Order {
        customer: customer.id().to_owned(),
        lines: lines(work, session).await?,
        trial_end: trial_end(work, session),
        metadata: data["metadata"].clone(),
        description: data["description"].clone(),
        payment_method,
        missing_payment_method: data["missing_payment_method"]
            .as_str()
            .unwrap_or("create_invoice")
            .to_owned(),
    })
}

fn customer_details(customer: &Object) -> Value {
    json!({
        "address": null,
        "business_name": null,
        "email": customer.body["email"],
        "individual_name": null,
        "name": customer.body["name"],
        "phone": customer.body["phone"],
        "tax_exempt": "none",
        "tax_ids": [],
    })
}

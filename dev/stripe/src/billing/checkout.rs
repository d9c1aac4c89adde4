//! A Checkout Session comes to its end: paid, or too late.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::cards::TestCard;
use crate::billing::charging::Outcome;
use crate::billing::discounts;
use crate::billing::subscribing;
use crate::billing::subscribing::First;
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
    pub(crate) card: Option<&'static TestCard>,
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
        Some(card) => Some(payment_methods::attach(work, &customer, card).await?),
        None => None,
    };
    let order = order(work, session, customer.clone(), payment_method).await?;
    let started = subscribing::start(work, order, First::Paid).await?;
    let is_free = session.number("amount_total") == 0;
    let payment_status = match started.outcome {
        _ if is_free => "no_payment_required",
        Some(Outcome::Processing) => "unpaid",
        _ => "paid",
    };
    if payment_status == "unpaid" {
        remember(work, &started.invoice, session.id()).await?;
    }

    let body = &mut session.body;
    body["status"] = "complete".into();
    body["payment_status"] = payment_status.into();
    body["customer"] = customer.id().into();
    body["customer_details"] = customer_details(&customer);
    body["subscription"] = started.subscription.id().into();
    body["invoice"] = started.invoice.id().into();
    body["url"] = Value::Null;
    session.due_at = None;
    work.save(session).await?;
    work.emit("checkout.session.completed", session).await?;
    Ok(())
}

/// Lets the payment that is on its way know whose it is.
async fn remember(work: &Work<'_>, invoice: &Object, session: &str) -> ApiResult<()> {
    let id = invoice.hidden["payment_intent"]
        .as_str()
        .unwrap_or_default();
    let found = work.find("payment_intent", id).await?;
    let mut intent = found.context("the invoice's PaymentIntent is missing")?;
    intent.hidden["checkout_session"] = session.into();
    work.save(&intent).await?;
    Ok(())
}

/// Computes what is due when the session is paid: nothing with a trial.
pub(crate) async fn total(work: &Work<'_>, session: &mut Object) -> ApiResult<()> {
    let lines = lines(work, session).await?;
    let amounts = lines.iter().map(|line| {
        let unit = line.price["unit_amount"].as_i64().unwrap_or_default();
        unit.saturating_mul(line.quantity)
    });
    let is_trial = trial_end(work, session).is_some();
    let subtotal = if is_trial { 0 } else { amounts.sum() };
    let off = match coupon(work, session).await? {
        Some(coupon) => discounts::reduction(&coupon.body, subtotal),
        None => 0,
    };
    session.body["amount_subtotal"] = subtotal.into();
    session.body["amount_total"] = (subtotal - off).into();
    session.body["total_details"]["amount_discount"] = off.into();
    Ok(())
}

/// Gives a session a coupon, and the promotion code that led to it.
pub(crate) fn discount(session: &mut Object, coupon: &Object, code: Option<&Object>) {
    let code = code.map(Object::id);
    let shown = if code.is_some() {
        Value::Null
    } else {
        coupon.id().into()
    };
    session.hidden["coupon"] = coupon.id().into();
    session.hidden["promotion_code"] = json!(code);
    session.body["discounts"] = json!([{ "coupon": shown, "promotion_code": code }]);
}

async fn coupon(work: &Work<'_>, session: &Object) -> ApiResult<Option<Object>> {
    match session.hidden["coupon"].as_str() {
        Some(id) => Ok(work.find("coupon", id).await?),
        None => Ok(None),
    }
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
    customer: Object,
    payment_method: Option<Object>,
) -> ApiResult<Order> {
    let data = &session.hidden["subscription_data"];
    let code = session.hidden["promotion_code"].as_str().map(str::to_owned);
    let coupon = coupon(work, session).await?;
    Ok(Order {
        customer,
        lines: lines(work, session).await?,
        trial_end: trial_end(work, session),
        metadata: data["metadata"].clone(),
        description: data["description"].clone(),
        payment_method,
        missing_payment_method: data["missing_payment_method"]
            .as_str()
            .unwrap_or("create_invoice")
            .to_owned(),
        discount: coupon.map(|coupon| (coupon, code)),
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

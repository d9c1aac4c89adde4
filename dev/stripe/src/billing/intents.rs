//! The money behind an invoice: a `PaymentIntent`, a charge for each try, and the payment that links both to it.

use anyhow::Context;
use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::cards::Decline;
use crate::ids;
use crate::shapes;
use crate::store::Object;
use crate::work::Work;

/// How long money of a bank account is on its way.
const PROCESSING_SECONDS: i64 = 3 * 86_400;

/// The intent to pay an invoice; made when it is first needed, so that an invoice over nothing has none.
pub(crate) async fn of_invoice(work: &Work<'_>, invoice: &mut Object) -> ApiResult<Object> {
    if let Some(id) = invoice.hidden["payment_intent"].as_str() {
        let found = work.find("payment_intent", id).await?;
        return Ok(found.context("the invoice's PaymentIntent is missing")?);
    }
    let amount = invoice.number("amount_due");
    let mut intent = new(
        work,
        amount,
        invoice.text("currency"),
        invoice.text("customer"),
    );
    intent.body["description"] = "Subscription".into();
    intent.hidden["invoice"] = invoice.id().into();
    intent.hidden["test_clock"] = json!(invoice.test_clock());
    work.insert(&intent).await?;
    work.emit("payment_intent.created", &intent).await?;
    work.insert(&payment(work, invoice, &intent)).await?;
    invoice.hidden["payment_intent"] = intent.id().into();
    Ok(intent)
}

/// A charge that was refused before anything else was made: on a Checkout page.
pub(crate) async fn decline_alone(
    work: &Work<'_>,
    (amount, currency, customer): (i64, &str, &str),
    why: &Decline,
) -> ApiResult<()> {
    let mut intent = new(work, amount, currency, customer);
    work.insert(&intent).await?;
    work.emit("payment_intent.created", &intent).await?;
    decline(work, &mut intent, None, why).await
}

/// The money is there.
pub(crate) async fn succeed(
    work: &Work<'_>,
    intent: &mut Object,
    method: &Object,
) -> ApiResult<()> {
    let mut charge = charge(work, intent, Some(method));
    charge.body["amount_captured"] = intent.body["amount"].clone();
    charge.body["captured"] = true.into();
    charge.body["paid"] = true.into();
    charge.body["status"] = "succeeded".into();
    charge.body["outcome"] = outcome("approved_by_network", "Payment complete.", None);
    intent.body["amount_received"] = intent.body["amount"].clone();
    intent.body["last_payment_error"] = Value::Null;
    intent.body["latest_charge"] = charge.id().into();
    intent.body["payment_method"] = method.id().into();
    intent.body["status"] = "succeeded".into();
    intent.due_at = None;
    work.insert(&charge).await?;
    work.save(intent).await?;
    settle_payment(work, intent, "paid").await?;
    work.emit("charge.succeeded", &charge).await?;
    work.emit("payment_intent.succeeded", intent).await?;
    Ok(())
}

/// The money is on its way; whether it arrives is known days later.
pub(crate) async fn process(
    work: &Work<'_>,
    intent: &mut Object,
    method: &Object,
    succeeds: bool,
) -> ApiResult<()> {
    intent.body["payment_method"] = method.id().into();
    intent.body["status"] = "processing".into();
    intent.hidden["succeeds"] = succeeds.into();
    intent.due_at = Some(work.now() + PROCESSING_SECONDS);
    work.save(intent).await?;
    work.emit("payment_intent.processing", intent).await?;
    Ok(())
}

/// The bank refuses, or wants the customer first.
pub(crate) async fn decline(
    work: &Work<'_>,
    intent: &mut Object,
    method: Option<&Object>,
    why: &Decline,
) -> ApiResult<()> {
    let mut charge = charge(work, intent, method);
    charge.body["failure_code"] = why.code.into();
    charge.body["failure_message"] = why.message.into();
    charge.body["status"] = "failed".into();
    charge.body["outcome"] = outcome("declined_by_network", why.message, Some(why.reason));
    intent.body["latest_charge"] = charge.id().into();
    intent.body["last_payment_error"] = json!({
        "type": "card_error",
        "charge": charge.id(),
        "code": why.code,
        "decline_code": why.reason,
        "message": why.message,
    });
    if let Some(method) = method {
        intent.body["last_payment_error"]["payment_method"] = method.body.clone();
    }
    intent.body["payment_method"] = Value::Null;
    intent.body["status"] = "requires_payment_method".into();
    intent.due_at = None;
    work.insert(&charge).await?;
    work.save(intent).await?;
    work.emit("charge.failed", &charge).await?;
    work.emit("payment_intent.payment_failed", intent).await?;
    Ok(())
}

/// Nobody is going to pay any more.
pub(crate) async fn cancel(work: &Work<'_>, invoice: &Object) -> ApiResult<()> {
    let Some(id) = invoice.hidden["payment_intent"].as_str() else {
        return Ok(());
    };
    let found = work.find("payment_intent", id).await?;
    let mut intent = found.context("the invoice's PaymentIntent is missing")?;
    if intent.text("status") == "succeeded" {
        return Ok(());
    }
    intent.body["status"] = "canceled".into();
    intent.body["canceled_at"] = work.now().into();
    intent.body["cancellation_reason"] = "void_invoice".into();
    intent.due_at = None;
    work.save(&intent).await?;
    settle_payment(work, &intent, "canceled").await?;
    work.emit("payment_intent.canceled", &intent).await?;
    Ok(())
}

fn new(work: &Work<'_>, amount: i64, currency: &str, customer: &str) -> Object {
    let id = ids::new("pi_3");
    let secret = ids::with_length(&format!("{id}_secret_"), 25);
    let customer = Some(customer).filter(|customer| !customer.is_empty());
    let fields = json!({
        "id": id,
        "amount": amount,
        "client_secret": secret,
        "created": work.now(),
        "currency": currency,
        "customer": customer,
    });
    Object::new(shapes::fill(shapes::PAYMENT_INTENT, fields))
}

fn charge(work: &Work<'_>, intent: &Object, method: Option<&Object>) -> Object {
    let mut charge = Object::new(shapes::fill(
        shapes::CHARGE,
        json!({
            "id": ids::new("ch_3"),
            "amount": intent.body["amount"],
            "created": work.now(),
            "currency": intent.body["currency"],
            "customer": intent.body["customer"],
            "description": intent.body["description"],
            "payment_intent": intent.id(),
            "payment_method": method.map(Object::id),
            "payment_method_details": method.map(details),
        }),
    ));
    charge.hidden["test_clock"] = json!(intent.test_clock());
    charge
}

/// A charge says more of how it was paid and less of what it was paid with.
fn details(method: &Object) -> Value {
    let kind = method.text("type");
    let of = |field: &str| method.body[kind][field].clone();
    if kind == "us_bank_account" {
        return json!({
            "type": kind,
            kind: {
                "account_holder_type": of("account_holder_type"),
                "account_type": of("account_type"),
                "bank_name": of("bank_name"),
                "fingerprint": of("fingerprint"),
                "last4": of("last4"),
                "payment_reference": null,
                "routing_number": of("routing_number"),
            },
        });
    }
    json!({
        "type": kind,
        kind: {
            "amount_authorized": null,
            "authorization_code": null,
            "brand": of("brand"),
            "checks": of("checks"),
            "country": of("country"),
            "electronic_commerce_indicator": null,
            "exp_month": of("exp_month"),
            "exp_year": of("exp_year"),
            "fingerprint": of("fingerprint"),
            "funding": of("funding"),
            "installments": null,
            "last4": of("last4"),
            "mandate": null,
            "network": of("brand"),
            "network_transaction_id": null,
            "regulated_status": of("regulated_status"),
            "three_d_secure": null,
            "transaction_link_id": null,
            "wallet": null,
        },
    })
}

fn outcome(network: &str, message: &str, reason: Option<&str>) -> Value {
    json!({
        "advice_code": null,
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "seller_message": message,
        "type": if reason.is_some() { "issuer_declined" } else { "authorized" },
    })
}

fn payment(work: &Work<'_>, invoice: &Object, intent: &Object) -> Object {
    Object::new(json!({
        "id": ids::new("inpay_1"),
        "object": "invoice_payment",
        "amount_paid": null,
        "amount_requested": intent.body["amount"],
        "created": work.now(),
        "currency": intent.body["currency"],
        "invoice": invoice.id(),
        "is_default": true,
        "livemode": false,
        "payment": { "payment_intent": intent.id(), "type": "payment_intent" },
        "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
    }))
}

async fn settle_payment(work: &Work<'_>, intent: &Object, status: &str) -> ApiResult<()> {
    let like = json!({ "payment": { "payment_intent": intent.id() } });
    let Some(mut payment) = work.find_like("invoice_payment", &like).await? else {
        return Ok(());
    };
    payment.body["status"] = status.into();
    let since = if status == "paid" {
        payment.body["amount_paid"] = intent.body["amount"].clone();
        "paid_at"
    } else {
        "canceled_at"
    };
    payment.body["status_transitions"][since] = work.now().into();
    work.save(&payment).await?;
    if status == "paid" {
        work.emit("invoice_payment.paid", &payment).await?;
    }
    Ok(())
}

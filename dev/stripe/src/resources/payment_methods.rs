//! `/v1/payment_methods`; they are made on the pages, or of a `pm_card_…` by a call.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::api::lists;
use crate::api::params::Params;
use crate::billing::cards::Situation;
use crate::billing::cards::TestCard;
use crate::billing::cards::Verdict;
use crate::ids;
use crate::resources::customers;
use crate::store::Filter;
use crate::store::Object;
use crate::work::Work;

/// What a card of an older state is, which does not say it itself.
const DEFAULT_CARD: &str = "pm_card_visa";
const FAILING_CARD: &str = "pm_card_chargeCustomerFail";

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "payment_method", "PaymentMethod", id, params).await
}

pub(crate) async fn list(work: &Work<'_>, mut params: Params) -> ApiResult<Value> {
    let filter = Filter::all("payment_method")
        .with("customer", Some(params.required("customer")?))
        .with("type", params.text("type"));
    lists::answer(work, params, "/v1/payment_methods", filter).await
}

/// `POST /v1/payment_methods/{id}/attach`: `id` is a test token such as `pm_card_visa`.
pub(crate) async fn attach_by_call(
    work: &Work<'_>,
    id: &str,
    mut params: Params,
) -> ApiResult<Value> {
    let customer = customers::find(work, &params.required("customer")?).await?;
    params.finish()?;
    let card = TestCard::named(id).ok_or_else(|| ApiError::missing("PaymentMethod", id))?;
    if let Verdict::Declined(why) = card.judge(Situation::Saved { confirmed: true }) {
        return Err(ApiError::declined(why));
    }
    Ok(attach(work, &customer, card).await?.body)
}

/// `POST /v1/payment_methods/{id}/detach`
pub(crate) async fn detach(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    params.finish()?;
    let found = work.find("payment_method", id).await?;
    let mut method = found.ok_or_else(|| ApiError::missing("PaymentMethod", id))?;
    let before = method.body.clone();
    if before["customer"].is_null() {
        let message = "The payment method you provided is not attached to a customer";
        return Err(ApiError::request(message));
    }
    let found = work.find("customer", method.text("customer")).await?;
    method.body["customer"] = Value::Null;
    work.save(&method).await?;
    if let Some(mut customer) = found {
        let default = &mut customer.body["invoice_settings"]["default_payment_method"];
        if *default == id {
            *default = Value::Null;
            work.save(&customer).await?;
        }
    }
    work.emit_change("payment_method.detached", &before, &method)
        .await?;
    Ok(method.body)
}

/// What a payment method does.
pub(crate) fn card_of(method: &Object) -> &'static TestCard {
    let token = method.hidden["token"].as_str();
    let fails = method.hidden["later_charges_fail"].as_bool() == Some(true);
    let token = token.unwrap_or(if fails { FAILING_CARD } else { DEFAULT_CARD });
    TestCard::named(token).unwrap_or_else(TestCard::ordinary)
}

/// Keeps a customer's card. Its number is a test number, and only what it does is stored.
pub(crate) async fn attach(
    work: &Work<'_>,
    customer: &Object,
    card: &TestCard,
) -> ApiResult<Object> {
    let kind = if card.is_account() {
        "us_bank_account"
    } else {
        "card"
    };
    let mut method = Object::new(json!({
        "id": ids::new("pm_1"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": {
            "address": {
                "city": null, "country": null, "line1": null, "line2": null,
                "postal_code": null, "state": null,
            },
            "email": null, "name": null, "phone": null, "tax_id": null,
        },
        "created": work.now(),
        "customer": customer.id(),
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": kind,
    }));
    method.body[kind] = if card.is_account() {
        account_details(card)
    } else {
        card_details(card)
    };
    method.hidden["token"] = card.token.into();
    method.hidden["test_clock"] = customer.body["test_clock"].clone();
    work.insert(&method).await?;
    work.emit("payment_method.attached", &method).await?;
    Ok(method)
}

fn account_details(card: &TestCard) -> Value {
    json!({
        "account_holder_type": "individual",
        "account_number": null,
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": null,
        "fingerprint": ids::with_length("", 16),
        "last4": card.last4(),
        "networks": { "preferred": "ach", "supported": ["ach"] },
        "routing_number": "110000000",
        "status_details": null,
    })
}

fn card_details(card: &TestCard) -> Value {
    json!({
        "brand": card.brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": ids::with_length("", 16),
        "funding": "credit",
        "generated_from": null,
        "last4": card.last4(),
        "networks": { "available": [card.brand], "preferred": null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": { "supported": true },
        "wallet": null,
    })
}

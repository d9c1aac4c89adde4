//! `/v1/payment_methods`; they are made on the pages.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::api::params::Params;
use crate::billing::cards::Card;
use crate::ids;
use crate::store::Object;
use crate::work::Work;

pub(crate) async fn retrieve(work: &Work<'_>, id: &str, params: Params) -> ApiResult<Value> {
    super::retrieve(work, "payment_method", "PaymentMethod", id, params).await
}

/// Keeps a customer's card. Its number is a test number, and only what it does is stored.
pub(crate) async fn attach(work: &Work<'_>, customer: &str, card: &Card) -> ApiResult<Object> {
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
        "card": {
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
        },
        "created": work.now(),
        "customer": customer,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
    }));
    method.hidden["later_charges_fail"] = card.later_charges_fail.into();
    work.insert(&method).await?;
    work.emit("payment_method.attached", &method).await?;
    Ok(method)
}

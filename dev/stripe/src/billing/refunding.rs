//! Money goes back.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiError;
use crate::api::error::ApiResult;
use crate::ids;
use crate::store::Object;
use crate::work::Work;

/// Refunds a charge: a part (minor units), or what is left of it.
pub(crate) async fn refund(
    work: &Work<'_>,
    mut charge: Object,
    amount: Option<i64>,
    reason: Option<String>,
    metadata: Value,
) -> ApiResult<Object> {
    if charge.text("status") != "succeeded" {
        let message = "This charge has no money to give back";
        return Err(ApiError::coded("charge_not_refundable", message));
    }
    let left = charge.number("amount") - charge.number("amount_refunded");
    if left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id());
        return Err(ApiError::coded("charge_already_refunded", message));
    }
    let amount = amount.unwrap_or(left);
    if !(1..=left).contains(&amount) {
        let message =
            format!("Refund amount ({amount}) is not between 1 and what is left ({left})");
        return Err(ApiError::parameter("amount_too_large", "amount", message));
    }
    let refund = Object::new(json!({
        "id": ids::new("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": null,
        "charge": charge.id(),
        "created": work.now(),
        "currency": charge.body["currency"],
        "customer": charge.body["customer"],
        "customer_account": null,
        "metadata": metadata,
        "payment_intent": charge.body["payment_intent"],
        "payment_method": charge.body["payment_method"],
        "reason": reason,
        "receipt_number": null,
        "source_transfer_reversal": null,
        "status": "succeeded",
        "transfer_reversal": null,
    }));
    let before = charge.body.clone();
    charge.body["amount_refunded"] = (charge.number("amount_refunded") + amount).into();
    charge.body["refunded"] = (amount == left).into();
    work.insert(&refund).await?;
    work.save(&charge).await?;
    work.emit("refund.created", &refund).await?;
    work.emit_change("charge.refunded", &before, &charge)
        .await?;
    Ok(refund)
}

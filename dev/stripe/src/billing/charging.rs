//! Asking the card for an invoice's money.

use anyhow::Context;

use crate::api::error::ApiResult;
use crate::billing::invoicing;
use crate::store::Object;
use crate::work::Work;

/// Charges a new invoice. The caller saves the subscription, which lapses when the card refuses.
pub(crate) async fn collect(
    work: &Work<'_>,
    subscription: &mut Object,
    invoice: &mut Object,
) -> ApiResult<()> {
    if is_accepted(work, subscription, invoice).await? {
        return invoicing::settle(work, invoice).await;
    }
    subscription.body["status"] = "past_due".into();
    invoicing::fail(work, invoice).await.map(|_| ())
}

/// Pays an open invoice, which makes a lapsed subscription active again.
pub(crate) async fn pay(
    work: &Work<'_>,
    invoice: &mut Object,
    subscription: &mut Object,
) -> ApiResult<()> {
    let before = subscription.body.clone();
    invoicing::settle(work, invoice).await?;
    if subscription.text("status") == "past_due" {
        subscription.body["status"] = "active".into();
        work.save(subscription).await?;
        work.emit_change("customer.subscription.updated", &before, subscription)
            .await?;
    }
    Ok(())
}

/// Asks the card. Nothing due needs none.
pub(crate) async fn is_accepted(
    work: &Work<'_>,
    subscription: &Object,
    invoice: &Object,
) -> ApiResult<bool> {
    if invoice.body["amount_due"].as_i64() == Some(0) {
        return Ok(true);
    }
    let Some(method) = subscription.body["default_payment_method"].as_str() else {
        return Ok(false);
    };
    let method = work
        .find("payment_method", method)
        .await?
        .context("the card is missing")?;
    Ok(method.hidden["later_charges_fail"].as_bool() != Some(true))
}

//! Charges that fail are tried again; after the last try the account's settings say what becomes of it.

use serde_json::Value;
use serde_json::json;

use crate::api::error::ApiResult;
use crate::billing::cards;
use crate::billing::cards::Situation;
use crate::billing::charging;
use crate::billing::charging::Outcome;
use crate::billing::subscribing;
use crate::store::Object;
use crate::work::Work;

/// Pauses between the tries, in days: eight within two weeks, which is what Stripe recommends. Its Smart Retries
/// choose the hours by experience; here they are the same each time.
const RETRY_DAYS: [i64; 8] = [1, 1, 1, 2, 2, 2, 2, 3];
const WINDOW_DAYS: i64 = 14;
const DAY_SECONDS: i64 = 86_400;

/// Notes a failed charge and when it is tried again.
pub(crate) async fn note(work: &Work<'_>, invoice: &mut Object, outcome: Outcome) -> ApiResult<()> {
    let is_pointless = match outcome {
        Outcome::Declined(why) => why.is_hard,
        Outcome::NoCard => true,
        Outcome::Paid | Outcome::Processing => return Ok(()),
    };
    let first = invoice.hidden["first_failure_at"].as_i64();
    let first = first.unwrap_or_else(|| work.now());
    invoice.hidden["first_failure_at"] = first.into();
    let tries = usize::try_from(invoice.number("attempt_count")).unwrap_or_default();
    let pause = tries.checked_sub(1).and_then(|index| RETRY_DAYS.get(index));
    let next = pause
        .filter(|_| !is_pointless)
        .map(|days| work.now() + days * DAY_SECONDS);
    invoice.body["attempted"] = true.into();
    invoice.body["next_payment_attempt"] = json!(next);
    // What is not tried again still has until the end of the window to be paid by hand.
    let end = first + WINDOW_DAYS * DAY_SECONDS;
    invoice.due_at = Some(next.unwrap_or(end.max(work.now())));
    work.save(invoice).await?;
    work.emit("invoice.payment_failed", invoice).await?;
    if outcome == Outcome::Declined(&cards::CONFIRMATION_REQUIRED) {
        work.emit("invoice.payment_action_required", invoice)
            .await?;
    }
    Ok(())
}

/// Notes a failed charge and lets the subscription fall behind.
pub(crate) async fn lapse(
    work: &Work<'_>,
    invoice: &mut Object,
    outcome: Outcome,
) -> ApiResult<()> {
    note(work, invoice, outcome).await?;
    let Some(mut subscription) = charging::subscription_of(work, invoice).await? else {
        return Ok(());
    };
    let before = subscription.body.clone();
    if subscription.text("status") == "active" {
        subscription.body["status"] = "past_due".into();
    }
    work.save(&subscription).await?;
    work.emit_change("customer.subscription.updated", &before, &subscription)
        .await?;
    Ok(())
}

/// An open invoice's time has come: it is tried again, or it has been tried often enough.
pub(crate) async fn retry(work: &Work<'_>, mut invoice: Object) -> ApiResult<()> {
    let subscription = charging::subscription_of(work, &invoice).await?;
    let living = subscription.filter(|subscription| !subscribing::has_ended(subscription));
    let Some(subscription) = living.filter(|_| invoice.text("status") == "open") else {
        return leave(work, &mut invoice).await;
    };
    if invoice.body["next_payment_attempt"].is_null() {
        leave(work, &mut invoice).await?;
        return give_up(work, subscription).await;
    }
    let method = charging::method_of(work, &subscription).await?;
    match charging::attempt(work, &mut invoice, method.as_ref(), Situation::Away).await? {
        Outcome::Paid => charging::take_effect(work, &invoice).await,
        Outcome::Processing => Ok(()),
        failed => note(work, &mut invoice, failed).await,
    }
}

/// Lets an invoice stay as it is.
pub(crate) async fn leave(work: &Work<'_>, invoice: &mut Object) -> ApiResult<()> {
    invoice.body["next_payment_attempt"] = Value::Null;
    invoice.body["auto_advance"] = false.into();
    invoice.due_at = None;
    work.save(invoice).await?;
    Ok(())
}

/// Does what the account's settings say.
async fn give_up(work: &Work<'_>, mut subscription: Object) -> ApiResult<()> {
    let row = work
        .sql()
        .query_one("SELECT after_retries FROM account", &[])
        .await?;
    match row.get::<_, &str>(0) {
        "cancel" => subscribing::end(work, &mut subscription, "payment_failed").await,
        "mark_unpaid" => {
            let before = subscription.body.clone();
            subscription.body["status"] = "unpaid".into();
            work.save(&subscription).await?;
            work.emit_change("customer.subscription.updated", &before, &subscription)
                .await?;
            Ok(())
        }
        _ => Ok(()),
    }
}

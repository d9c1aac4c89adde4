//! `POST /my/subscription/cancel`: ends the subscription with its period, or now.

use auth::AccountCaller;
use contract::{CancelSubscription, SubscriptionCancelled};
use edge::{Answer, Begun, Context, Error, Request};
use serde_json::json;
use store::subscriptions;
use stripe::Subscription;

use crate::paid;

/// Our row follows with Stripe's event.
pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let body: CancelSubscription = request.json_or_default().await?;
    let at_period_end = body.cancel_at_period_end;
    let begun: Begun<Subscription, SubscriptionCancelled> = paid::begin(cx, &caller).await?;
    let subscription = match begun {
        Begun::Before(answer) => return Answer::ok(&answer),
        Begun::Now(subscription) => subscription,
    };
    let ended = end(cx, &subscription.id, at_period_end).await?;
    let details = json!({"at_period_end": at_period_end, "cancelled": ended.canceled_at});
    let call = cx.by(&caller);
    let noted = subscriptions::note(&cx.database, call, "cancel", &ended.id, &details).await?;
    let message = if at_period_end {
        "Your subscription ends with the period that is paid for."
    } else {
        "Your subscription has ended."
    };
    let answer = SubscriptionCancelled {
        success: true,
        message: message.to_owned(),
        cancel_at_period_end: at_period_end,
        subscription_id: ended.id,
        cancelled_at: cx.settle(noted)?.cancelled_at,
    };
    cx.finish(&answer).await;
    Answer::ok(&answer)
}

async fn end(cx: &Context, id: &str, at_period_end: bool) -> Result<Subscription, Error> {
    let stripe = cx.stripe().await?;
    let ended = if at_period_end {
        let key = cx.outside_key("cancel");
        stripe.set_cancel_at_period_end(id, true, &key).await
    } else {
        stripe.cancel_subscription(id).await
    };
    Ok(ended?)
}

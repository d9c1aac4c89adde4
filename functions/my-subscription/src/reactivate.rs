//! `POST /my/subscription/reactivate`: takes an end that is to come back.

use auth::AccountCaller;
use contract::SubscriptionReactivated;
use edge::{Answer, Begun, Context, Error, Refusal, Request};
use serde_json::json;
use store::subscriptions;
use stripe::Subscription;

use crate::paid;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let begun: Begun<Subscription, SubscriptionReactivated> = paid::begin(cx, &caller).await?;
    let subscription = match begun {
        Begun::Before(answer) => return Answer::ok(&answer),
        Begun::Now(subscription) => subscription,
    };
    if !subscription.cancel_at_period_end {
        return Err(cx.refuse(Refusal::SubscriptionNotCancelled).await);
    }
    let key = cx.outside_key("reactivate");
    let stripe = cx.stripe().await?;
    let id = &subscription.id;
    stripe.set_cancel_at_period_end(id, false, &key).await?;
    let call = cx.by(&caller);
    let noted = subscriptions::note(&cx.database, call, "reactivate", id, &json!({})).await?;
    cx.settle(noted)?;
    let answer = SubscriptionReactivated {
        success: true,
        message: "Your subscription goes on.".to_owned(),
        subscription_id: subscription.id,
    };
    cx.finish(&answer).await;
    Answer::ok(&answer)
}

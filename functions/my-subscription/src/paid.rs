//! The caller's subscription at Stripe. Our rows may be behind, so what can be done with it is asked there.

use auth::AccountCaller;
use edge::{Begun, Context, Error, Refusal};
use serde::de::DeserializeOwned;
use store::subscriptions;
use stripe::{Subscription, SubscriptionStatus};

/// Lets the caller in and answers the subscription that has not ended; or what the command answered before.
pub(crate) async fn begin<F: DeserializeOwned>(
    cx: &Context,
    caller: &AccountCaller,
) -> Result<Begun<Subscription, F>, Error> {
    let known = subscriptions::context(&cx.database, cx.by(caller)).await?;
    let customer = match cx.settle(known)? {
        Begun::Before(answer) => return Ok(Begun::Before(answer)),
        Begun::Now(customer) => customer.customer_id,
    };
    let all = cx.stripe().await?.list_subscriptions(&customer).await?;
    match all.into_iter().find(goes_on) {
        Some(subscription) => Ok(Begun::Now(subscription)),
        None => Err(cx.refuse(Refusal::NoPaidSubscription).await),
    }
}

/// One whose first payment never came is none yet.
fn goes_on(subscription: &Subscription) -> bool {
    !subscription.status.is_terminal() && subscription.status != SubscriptionStatus::Incomplete
}

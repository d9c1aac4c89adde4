//! `POST /system/billing-reconcile`: has the daemon fetch the events that were lost and compare all subscriptions with
//! Stripe. It does so every hour by itself.

use auth::SystemCaller;
use edge::{Answer, Context, Error, Request};
use store::billing;

pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let enqueued = billing::reconcile(&cx.database, cx.by_system(&caller)).await?;
    // nobody waits for it in this very second: the daemon also looks by itself
    Answer::accepted(&cx.settle(enqueued)?)
}

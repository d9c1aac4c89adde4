//! `POST /my/gdpr/cancel-deletion`: the account is as it was.

use auth::AccountCaller;
use contract::DeletionCancelled;
use edge::{Answer, Begun, Context, Error, Request};
use store::departures;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let known = departures::come_back(&cx.database, cx.by(&caller)).await?;
    let returning = match cx.settle(known)? {
        Begun::Before(answer) => return Answer::ok(&answer),
        Begun::Now(returning) => returning,
    };
    let (status, message) = if returning.pending {
        go_on_at_stripe(cx, &returning.subscriptions).await?;
        cx.settle(departures::take_back(&cx.database, cx.by(&caller)).await?)?;
        cx.ring().await;
        ("success", "Your account is as it was.")
    } else {
        ("not_pending", "Your account is not being deleted.")
    };
    let answer = DeletionCancelled {
        status: status.to_owned(),
        message: message.to_owned(),
        account_status: "active".to_owned(),
    };
    cx.finish(&answer).await;
    Answer::ok(&answer)
}

/// Takes the ends back that were scheduled for the deletion alone. One that has come by now stays.
async fn go_on_at_stripe(cx: &Context, subscriptions: &[String]) -> Result<(), Error> {
    for id in subscriptions {
        let stripe = cx.stripe().await?;
        let subscription = match stripe.retrieve_subscription(id).await {
            Err(error) if error.is_missing() => continue,
            other => other?,
        };
        if !subscription.status.is_terminal() && subscription.cancel_at_period_end {
            let key = cx.outside_key(&format!("return:{id}"));
            stripe.set_cancel_at_period_end(id, false, &key).await?;
        }
    }
    Ok(())
}

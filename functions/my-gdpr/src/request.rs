//! `POST /my/gdpr/request-deletion`: the account is out at once and gone in seven days.

use auth::AccountCaller;
use contract::RequestDeletion;
use edge::{Answer, Begun, Context, Error, Request};
use store::departures::{self, Leaving};

use crate::words;

/// Days in which it can be taken back.
const GRACE_DAYS: i32 = 7;

/// Nothing is charged from the moment that the person is told so: Stripe comes first, and a request that dies in
/// between is simply made again.
pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let body: RequestDeletion = request.json_or_default().await?;
    let known = departures::leave(&cx.database, cx.by(&caller)).await?;
    let leaving = match cx.settle(known)? {
        Begun::Before(answer) => return Answer::ok(&answer),
        Begun::Now(leaving) => leaving,
    };
    let answer = if body.confirmation {
        let ending = end_at_stripe(cx, &leaving).await?;
        let call = cx.by(&caller);
        let scheduled = departures::schedule(&cx.database, call, &ending, GRACE_DAYS).await?;
        let due_at = cx.settle(scheduled)?.due_at;
        cx.ring().await;
        words::scheduled(due_at, GRACE_DAYS)
    } else {
        words::unconfirmed(GRACE_DAYS)
    };
    cx.finish(&answer).await;
    Answer::ok(&answer)
}

/// Has every subscription end with its period, and closes a checkout that could still be paid. Answers those that were
/// to go on before.
async fn end_at_stripe(cx: &Context, leaving: &Leaving) -> Result<Vec<String>, Error> {
    let Some(customer) = &leaving.customer_id else {
        return Ok(Vec::new());
    };
    let stripe = cx.stripe().await?;
    if let Some(session) = &leaving.open_session {
        let key = cx.outside_key("deletion:session");
        match stripe.expire_checkout_session(session, &key).await {
            Err(error) if error.is_transient() => return Err(error.into()),
            // closed, or paid in this very moment: then it is among the subscriptions
            _ => {}
        }
    }
    let mut ending = Vec::new();
    for subscription in stripe.list_subscriptions(customer).await? {
        if subscription.status.is_terminal() || subscription.cancel_at_period_end {
            continue;
        }
        let key = cx.outside_key(&format!("deletion:{}", subscription.id));
        stripe
            .set_cancel_at_period_end(&subscription.id, true, &key)
            .await?;
        ending.push(subscription.id);
    }
    Ok(ending)
}

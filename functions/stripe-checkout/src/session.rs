//! A Checkout Session that was opened before: what Stripe says of it counts, not what we remember.

use edge::{Context, Error};
use store::billing::OpenSession;
use stripe::{CheckoutSession, CheckoutStatus};

/// What became of an earlier session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Former {
    /// It is open and for the same plan.
    Fits,
    /// It is closed and led to nothing.
    Closed,
    /// It was paid, and its subscription goes on; its event may not be here yet.
    Pays,
    /// It was paid, and its subscription has ended since.
    Paid,
}

/// Looks an earlier session up and closes it when it does not fit, so that two cannot both be paid.
pub(crate) async fn settle(cx: &Context, former: &OpenSession) -> Result<Former, Error> {
    let stripe = cx.stripe().await?;
    let session = match stripe.retrieve_checkout_session(&former.id).await {
        Ok(session) => session,
        Err(error) if error.is_missing() => return Ok(Former::Closed),
        Err(error) => return Err(error.into()),
    };
    if session.status != Some(CheckoutStatus::Open) {
        return of_closed(cx, &session).await;
    }
    if former.reusable {
        return Ok(Former::Fits);
    }
    let key = expiry_key(cx, &former.id);
    match stripe.expire_checkout_session(&former.id, &key).await {
        Ok(_) => Ok(Former::Closed),
        Err(error) if error.is_transient() => Err(error.into()),
        // it was paid or expired in this very moment
        Err(error) => match stripe.retrieve_checkout_session(&former.id).await? {
            session if session.status == Some(CheckoutStatus::Open) => Err(error.into()),
            session => of_closed(cx, &session).await,
        },
    }
}

/// Closes a session that nobody was sent to, unless it is closed already.
pub(crate) async fn expire(cx: &Context, id: &str) -> Result<(), Error> {
    let stripe = cx.stripe().await?;
    let key = expiry_key(cx, id);
    match stripe.expire_checkout_session(id, &key).await {
        Err(error) if error.is_transient() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Another one for each request: of two that close the same session at once, Stripe would tell the second to wait.
fn expiry_key(cx: &Context, id: &str) -> String {
    cx.outside_key(&format!("expire:{id}"))
}

async fn of_closed(cx: &Context, session: &CheckoutSession) -> Result<Former, Error> {
    let Some(id) = &session.subscription else {
        return Ok(Former::Closed);
    };
    let subscription = cx.stripe().await?.retrieve_subscription(id).await?;
    if subscription.status.is_terminal() {
        return Ok(Former::Paid);
    }
    Ok(Former::Pays)
}

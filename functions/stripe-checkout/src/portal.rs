//! `POST /stripe/portal`: Stripe's page where an account looks after its subscription.

use auth::AccountCaller;
use contract::Redirect;
use edge::{Answer, Begun, Context, Error, Request};
use store::billing;
use stripe::NewPortalSession;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let known = billing::portal_context(&cx.database, cx.by(&caller)).await?;
    let redirect = match cx.settle(known)? {
        Begun::Before(redirect) => redirect,
        Begun::Now(customer) => {
            let redirect = open(cx, &customer.customer_id).await?;
            cx.finish(&redirect).await;
            redirect
        }
    };
    Answer::ok(&redirect)
}

/// Opens the portal anew for each click: its address is a credential and lives shortly.
pub(crate) async fn open(cx: &Context, customer: &str) -> Result<Redirect, Error> {
    let app = cx.settings.app_url().await?;
    let session = NewPortalSession {
        customer,
        return_url: &format!("{app}/billing"),
        configuration: None,
    };
    let key = cx.outside_key("portal");
    let made = cx
        .stripe()
        .await?
        .create_portal_session(&session, &key)
        .await?;
    Ok(Redirect { url: made.url })
}

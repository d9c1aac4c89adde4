//! `POST /stripe/portal`: Stripe's page where an account looks after its subscription.

use auth::AccountCaller;
use contract::Redirect;
use edge::{Answer, Context, Error, Request};
use store::billing;
use stripe::NewPortalSession;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let known = billing::portal_context(&cx.database, cx.by(&caller)).await?;
    let customer = cx.settle(known)?.customer_id;
    open(cx, &customer).await
}

/// Opens the portal anew for each click: its address is a credential and lives shortly.
pub(crate) async fn open(cx: &Context, customer: &str) -> Result<Answer, Error> {
    let app = cx.settings.app_url().await?;
    let session = NewPortalSession {
        customer,
        return_url: &format!("{app}/billing"),
        configuration: None,
    };
    let key = format!("portal:{}", cx.request_id());
    let made = cx
        .stripe()
        .await?
        .create_portal_session(&session, &key)
        .await?;
    Answer::ok(&Redirect { url: made.url })
}

//! `GET /my/invoices`: the caller's invoices, with Stripe's page of each.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::subscriptions::invoices(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

//! `GET /my/subscription`: the subscription that counts. Reading writes nothing.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::accounts::current_subscription(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

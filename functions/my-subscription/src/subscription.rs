//! `GET /my/subscription`: the subscription that counts. Reading writes nothing.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};
use store::accounts;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let days = cx.settings.parsed("dunning_days").await?;
    let found = accounts::current_subscription(&cx.database, cx.by(&caller), days).await?;
    Answer::ok(&cx.settle(found)?)
}

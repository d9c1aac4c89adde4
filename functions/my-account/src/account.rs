//! `GET /my/account`: the account with its subscriptions and instances.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::accounts::find(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

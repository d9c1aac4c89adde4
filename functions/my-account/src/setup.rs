//! `POST /my/account/setup`: the free subscription, once, however often and however parallel it is asked for.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let answer = store::accounts::set_up(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

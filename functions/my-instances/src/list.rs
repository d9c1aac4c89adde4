//! `GET /my/instances`: the caller's instances. Reading enqueues nothing.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::instances::list(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

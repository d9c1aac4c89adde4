//! `GET /my/account/admin-status`: whether the caller may use `/admin`.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::accounts::admin_status(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

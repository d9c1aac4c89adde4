//! `GET /my/instances/{id}`: one instance in detail.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let answer = store::instances::find(&cx.database, cx.by(&caller), id).await?;
    Answer::ok(&cx.settle(answer)?)
}

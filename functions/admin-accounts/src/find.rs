//! `GET /admin/accounts/{id}`: one account with what belongs to it.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let answer = store::accounts::find_any(&cx.database, cx.by_admin(&caller), id).await?;
    Answer::ok(&cx.settle(answer)?)
}

//! `GET /admin/instances/{id}`: one instance with its jobs, events and checks.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let answer = store::instances::find_any(&cx.database, cx.by_admin(&caller), id).await?;
    Answer::ok(&cx.settle(answer)?)
}

//! `GET /admin/jobs/{id}`: one job, waiting, running or ended.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let answer = store::jobs::find_any(&cx.database, cx.by_admin(&caller), id).await?;
    Answer::ok(&cx.settle(answer)?)
}

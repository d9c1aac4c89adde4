//! `GET /admin/instances`: all instances, page by page.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let page = request.page("created_at", contract::INSTANCES)?;
    let answer = store::instances::list_all(&cx.database, cx.by_admin(&caller), &page).await?;
    let list = cx.settle(answer)?;
    Ok(Answer::ok(&list)?.with_total(list.total))
}

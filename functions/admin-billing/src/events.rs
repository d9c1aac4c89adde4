//! `GET /admin/webhook-events`: what Stripe sent and what became of it, page by page.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let page = request.page("received_at", contract::WEBHOOK_EVENTS)?;
    let answer = store::ledger::events(&cx.database, cx.by_admin(&caller), &page).await?;
    let list = cx.settle(answer)?;
    Ok(Answer::ok(&list)?.with_total(list.total))
}

//! `GET /admin/{subscriptions,payments,usage}`: lists, page by page.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};
use store::ledger;

/// All subscriptions.
pub(crate) async fn subscriptions(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let page = request.page("created_at", contract::SUBSCRIPTIONS)?;
    let answer = ledger::subscriptions(&cx.database, cx.by_admin(&caller), &page).await?;
    let list = cx.settle(answer)?;
    Ok(Answer::ok(&list)?.with_total(list.total))
}

/// All payments.
pub(crate) async fn payments(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let page = request.page("created_at", contract::PAYMENTS)?;
    let answer = ledger::payments(&cx.database, cx.by_admin(&caller), &page).await?;
    let list = cx.settle(answer)?;
    Ok(Answer::ok(&list)?.with_total(list.total))
}

/// What was used, by day and subscription.
pub(crate) async fn usage(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let page = request.page("metric_date", contract::USAGE)?;
    let answer = ledger::usage(&cx.database, cx.by_admin(&caller), &page).await?;
    let list = cx.settle(answer)?;
    Ok(Answer::ok(&list)?.with_total(list.total))
}

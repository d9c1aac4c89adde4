//! `/my/jobs/{id}`: one job of the caller's, and taking it back.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};
use store::jobs;

pub(crate) async fn find(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let answer = jobs::find(&cx.database, cx.by(&caller), id).await?;
    Answer::ok(&cx.settle(answer)?)
}

/// What waits is taken back at once; what runs stops between two steps.
pub(crate) async fn cancel(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    request.nothing().await?;
    let answer = jobs::cancel(&cx.database, cx.by(&caller), id).await?;
    Answer::accepted(&cx.settle(answer)?)
}

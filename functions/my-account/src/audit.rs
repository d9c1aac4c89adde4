//! `GET /my/audit`: what was done to the account, by its owner, by support and by the platform.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

/// Entries of a page when `limit` is left out, and at most.
const PAGE: i32 = 50;
const LARGEST_PAGE: i32 = 200;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let before = request.query_number("before", 1..=i64::MAX)?;
    let limit = request.query_number("limit", 1..=LARGEST_PAGE)?;
    let (before, limit) = (before.unwrap_or(i64::MAX), limit.unwrap_or(PAGE));
    let answer = store::audit::list(&cx.database, cx.by(&caller), before, limit).await?;
    Answer::ok(&cx.settle(answer)?)
}

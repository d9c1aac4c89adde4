//! `GET /my/usage`: what was used day by day, and what the plan allows.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

/// Days when `days` is left out, and at most.
const DAYS: i32 = 30;
const MOST_DAYS: i32 = 365;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let days = request.query_number("days", 1..=MOST_DAYS)?.unwrap_or(DAYS);
    let answer = store::subscriptions::usage(&cx.database, cx.by(&caller), days).await?;
    Answer::ok(&cx.settle(answer)?)
}

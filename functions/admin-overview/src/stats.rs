//! `GET /admin/stats`: the platform in figures. What cannot be counted is an error, never a zero.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(cx: &Context, caller: AdminCaller, _: Request) -> Result<Answer, Error> {
    let answer = store::platform::stats(&cx.database, cx.by_admin(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

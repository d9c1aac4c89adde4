//! `GET /admin/metrics/dashboard`: the figures with what is new and how the last days went.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(cx: &Context, caller: AdminCaller, _: Request) -> Result<Answer, Error> {
    let answer = store::platform::dashboard(&cx.database, cx.by_admin(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

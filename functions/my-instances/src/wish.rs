//! `POST /my/instances/{id}/{start,stop,restart}`: what the caller wishes one instance to be.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};
use store::instances::{self, Wish};

/// Records the wish, its job and the audit entry in one statement; the daemon does the rest.
pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let wish = match request.last_segment() {
        "start" => Wish::Start,
        "stop" => Wish::Stop,
        "restart" => Wish::Restart,
        _ => return Err(Error::NotFound),
    };
    request.nothing().await?;
    let answer = instances::record_wish(&cx.database, cx.by(&caller), id, wish).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&result)
}

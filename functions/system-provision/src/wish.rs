//! `POST /system/instances/{id}/{start,stop,restart}` and `DELETE …/uninstall`: what a machine wishes any instance to be.

use auth::SystemCaller;
use edge::{Answer, Context, Error, Request};
use store::instances::{self, Wish};

/// Records the wish, its job and the audit entry in one statement; the daemon does the rest.
pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let wish = match request.last_segment() {
        "start" => Wish::Start,
        "stop" => Wish::Stop,
        "restart" => Wish::Restart,
        "uninstall" => Wish::Delete(""),
        _ => return Err(Error::NotFound),
    };
    request.nothing().await?;
    let call = cx.by_system(&caller);
    let answer = instances::record_system_wish(&cx.database, call, id, wish).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&result)
}

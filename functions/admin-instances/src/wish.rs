//! `POST /admin/instances/{id}/{provision,start,stop,restart}`: what an admin wishes anybody's instance to be.

use auth::AdminCaller;
use contract::Reason;
use edge::{Answer, Context, Error, Request};
use store::instances::{self, Wish};

/// Records the wish, its job and the audit entry in one statement; the daemon does the rest.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let wish = match request.last_segment() {
        "provision" => Wish::Provision,
        "start" => Wish::Start,
        "stop" => Wish::Stop,
        "restart" => Wish::Restart,
        _ => return Err(Error::NotFound),
    };
    let Reason { reason } = request.json_or_default().await?;
    let reason = reason.as_deref().map(edge::reason).transpose()?;
    let call = cx.by_admin(&caller);
    let answer =
        instances::record_admin_wish(&cx.database, call, id, wish, reason.as_deref()).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&result)
}

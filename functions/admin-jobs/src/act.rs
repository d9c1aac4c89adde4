//! `POST /admin/jobs/{id}/{retry,cancel,discard}`: what an operator does with a job by hand.

use auth::AdminCaller;
use contract::Reason;
use edge::{Answer, Context, Error, Request};
use store::jobs::{self, Action};

/// Does it together with the audit entry in one statement. What is begun or stopped is the daemon's to do.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let action = match request.last_segment() {
        "retry" => Action::Retry,
        "cancel" => Action::Cancel,
        "discard" => Action::Discard,
        _ => return Err(Error::NotFound),
    };
    let Reason { reason } = request.json_or_default().await?;
    let reason = reason.as_deref().map(edge::reason).transpose()?;
    let call = cx.by_admin(&caller);
    let answer = jobs::act(&cx.database, call, id, action, reason.as_deref()).await?;
    let job = cx.settle(answer)?;
    if action == Action::Discard {
        return Answer::ok(&job);
    }
    cx.ring().await;
    Answer::accepted(&job)
}

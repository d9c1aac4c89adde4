//! `POST /admin/webhook-events/{id}/replay`: a stored event is acted on again.

use auth::AdminCaller;
use contract::Reason;
use edge::{Answer, Context, Error, Request};

/// Opens it again and enqueues its job in one statement. The daemon reads the event's object back as it is now.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id: String = request.value("id")?;
    let Reason { reason } = request.json_or_default().await?;
    let reason = reason.as_deref().map(edge::reason).transpose()?;
    let call = cx.by_admin(&caller);
    let answer = store::ledger::replay(&cx.database, call, &id, reason.as_deref()).await?;
    let replayed = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&replayed)
}

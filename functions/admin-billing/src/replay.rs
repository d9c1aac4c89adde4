//! `POST /admin/webhook-events/{id}/replay`: a stored event is acted on again.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

/// Opens it again and enqueues its job in one statement. The daemon reads the event's object back as it is now.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id: String = request.value("id")?;
    request.nothing().await?;
    let answer = store::ledger::replay(&cx.database, cx.by_admin(&caller), &id).await?;
    let replayed = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&replayed)
}

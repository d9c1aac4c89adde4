//! `POST /admin/sync-instances`: has all instances reconciled, or says how many that would be.

use auth::AdminCaller;
use contract::SyncInstances;
use edge::{Answer, Context, Error, Request};

/// Enqueues the jobs in one statement, joined with those that wait; the daemon does the rest.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let SyncInstances { preview, reason } = request.json_or_default().await?;
    let reason = reason.as_deref().map(edge::reason).transpose()?;
    let call = cx.by_admin(&caller);
    let answer = store::instances::sync(&cx.database, call, preview, reason.as_deref()).await?;
    let synced = cx.settle(answer)?;
    if preview {
        return Answer::ok(&synced);
    }
    cx.ring().await;
    Answer::accepted(&synced)
}

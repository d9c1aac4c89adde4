//! `POST /system/sync-instances`: has all instances reconciled, and answers what came of the last time.

use auth::SystemCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let call = cx.by_system(&caller);
    let synced = store::instances::sync_by_system(&cx.database, call).await?;
    let synced = cx.settle(synced)?;
    cx.ring().await;
    Answer::accepted(&synced)
}

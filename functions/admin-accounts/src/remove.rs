//! `DELETE /admin/accounts/{id}/complete`: has anybody's account deleted for good, confirmed by its address.

use auth::AdminCaller;
use contract::RemoveAccount;
use edge::{Answer, Context, Error, Request};

/// The account is out with this answer; the daemon ends what is charged and what runs, then deletes the rest.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let body: RemoveAccount = request.json().await?;
    let reason = edge::reason(&body.reason)?;
    let confirm = body.confirm.trim();
    let call = cx.by_admin(&caller);
    let answer = store::accounts::remove(&cx.database, call, id, confirm, &reason).await?;
    let removed = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&removed)
}

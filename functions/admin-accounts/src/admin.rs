//! `PUT /admin/accounts/{id}/admin`: makes an account an admin, or takes that away, but never from the last one.

use auth::AdminCaller;
use contract::ChangeAdmin;
use edge::{Answer, Context, Error, Request};
use store::accounts;

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let body: ChangeAdmin = request.json().await?;
    let reason = edge::reason(&body.reason)?;
    let call = cx.by_admin(&caller);
    let answer = accounts::change_admin(&cx.database, call, id, body.is_admin, &reason).await?;
    Answer::ok(&cx.settle(answer)?)
}

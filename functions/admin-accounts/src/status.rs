//! `PUT /admin/accounts/{id}/status`: suspends an account, or lets it in again as it was.

use auth::AdminCaller;
use contract::ChangeAccountStatus;
use edge::{Answer, Context, Error, Request};
use store::accounts::{self, Admission};

/// The account is out or in with this answer; the daemon then stops its instances or starts them again.
pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let body: ChangeAccountStatus = request.json().await?;
    let admission = match body.status.as_str() {
        "suspended" => Admission::Suspended,
        "active" => Admission::Active,
        _ => return Err(Error::invalid("status", "must be suspended or active")),
    };
    let reason = edge::reason(&body.reason)?;
    let call = cx.by_admin(&caller);
    let answer = accounts::change_status(&cx.database, call, id, admission, &reason).await?;
    let changed = cx.settle(answer)?;
    if changed.instances > 0 {
        cx.ring().await;
    }
    Answer::ok(&changed)
}

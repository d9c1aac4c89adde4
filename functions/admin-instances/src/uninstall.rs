//! `DELETE /admin/instances/{id}/uninstall`: wishes anybody's instance gone, confirmed by its subdomain.

use auth::AdminCaller;
use contract::Uninstall;
use edge::{Answer, Context, Error, Request};
use store::instances::{self, Wish};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let body: Uninstall = request.json().await?;
    let reason = edge::reason(&body.reason)?;
    let wish = Wish::Delete(&body.confirm);
    let call = cx.by_admin(&caller);
    let answer = instances::record_admin_wish(&cx.database, call, id, wish, Some(&reason)).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&result)
}

//! `POST /admin/auth/logout`: ends the sessions that an admin has with the API host.

use auth::AdminCaller;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    request.nothing().await?;
    let answer = store::accounts::end_sessions(&cx.database, cx.by_admin(&caller)).await?;
    Answer::ok(&cx.settle(answer)?)
}

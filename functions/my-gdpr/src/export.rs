//! `GET /my/gdpr/export-data`: everything that is held on the caller, who may be deleted.

use auth::AccountCaller;
use edge::{Answer, Context, Error, Request};

use crate::words;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    _: Request,
) -> Result<Answer, Error> {
    let answer = store::departures::export(&cx.database, cx.by(&caller)).await?;
    Answer::ok(&words::explained(cx.settle(answer)?))
}

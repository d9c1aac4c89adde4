//! `POST /my/gdpr/consent`: what the person agrees to.

use auth::AccountCaller;
use contract::ChangeConsent;
use edge::{Answer, Context, Error, Request};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let consent: ChangeConsent = request.json_or_default().await?;
    let answer = store::departures::consent(&cx.database, cx.by(&caller), &consent).await?;
    Answer::ok(&cx.settle(answer)?)
}

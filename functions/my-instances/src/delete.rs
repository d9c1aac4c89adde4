//! `DELETE /my/instances/{id}`: wishes an instance gone, confirmed by its subdomain.

use auth::AccountCaller;
use contract::DeleteInstance;
use edge::{Answer, Context, Error, Request};
use store::instances::{self, Wish};

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let body: DeleteInstance = request.json().await?;
    let wish = Wish::Delete(&body.confirm);
    let answer = instances::record_wish(&cx.database, cx.by(&caller), id, wish).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&result)
}

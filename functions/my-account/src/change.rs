//! `PATCH /my/account`: names of the caller's account.

use auth::AccountCaller;
use contract::{ChangeMyAccount, NameChange};
use edge::{Answer, Context, Error, Request};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let given: ChangeMyAccount = request.json().await?;
    let change = ChangeMyAccount {
        full_name: checked("full_name", given.full_name)?,
        company_name: checked("company_name", given.company_name)?,
    };
    let answer = store::accounts::change(&cx.database, cx.by(&caller), &change).await?;
    Answer::ok(&cx.settle(answer)?)
}

/// A name as it is kept; one that is left out or taken away stays so.
fn checked(field: &str, name: Option<NameChange>) -> Result<Option<NameChange>, Error> {
    let Some(NameChange(Some(name))) = name else {
        return Ok(name);
    };
    edge::line(field, &name, LONGEST_NAME).map(|name| Some(NameChange(Some(name))))
}

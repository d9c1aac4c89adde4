//! `PUT /admin/accounts/{id}`: names and notes, all three at once.

use auth::AdminCaller;
use contract::EditAccount;
use edge::{Answer, Context, Error, Request};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// Longest notes, in characters.
const LONGEST_NOTES: usize = 5000;

pub(crate) async fn handle(
    cx: &Context,
    caller: AdminCaller,
    request: Request,
) -> Result<Answer, Error> {
    let id = request.value("id")?;
    let names = checked(request.json().await?)?;
    let answer = store::accounts::edit(&cx.database, cx.by_admin(&caller), id, &names).await?;
    Answer::ok(&cx.settle(answer)?)
}

fn checked(given: EditAccount) -> Result<EditAccount, Error> {
    let name = |field: &str, name: Option<String>| {
        name.map(|name| edge::line(field, &name, LONGEST_NAME))
            .transpose()
    };
    let notes = given
        .notes
        .map(|notes| edge::lines("notes", &notes, LONGEST_NOTES));
    Ok(EditAccount {
        full_name: name("full_name", given.full_name)?,
        company_name: name("company_name", given.company_name)?,
        notes: notes.transpose()?,
    })
}

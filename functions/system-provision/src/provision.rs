//! `POST /system/provision`: wishes an instance for anybody's subscription.

use auth::SystemCaller;
use contract::{ProvisionFor, Provisioned};
use domain::{AccountId, Subdomain, suggest_subdomain};
use edge::{Answer, Context, Error, Request};
use store::instances;

/// Longest display name, in characters.
const LONGEST_NAME: usize = 80;
/// How many names are tried when none was wished.
const SUGGESTIONS: u32 = 5;

pub(crate) async fn handle(
    cx: &Context,
    caller: SystemCaller,
    request: Request,
) -> Result<Answer, Error> {
    let wished: ProvisionFor = request.json().await?;
    let account = AccountId(wished.account_id);
    let names = names(account, wished.subdomain.as_deref())?;
    let name = wished.name.as_deref();
    let name = name.map(|name| edge::line("name", name, LONGEST_NAME));
    let name = name.transpose()?;
    let call = cx.by_system(&caller);
    let answer =
        instances::provision_for(&cx.database, call, account, &names, name.as_deref()).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&Provisioned::from(result))
}

/// The wished name alone, or some made from the account's id: its address is not the caller's to know.
fn names(account: AccountId, wished: Option<&str>) -> Result<Vec<Subdomain>, Error> {
    if let Some(wished) = wished {
        let name =
            Subdomain::new(wished).map_err(|e| Error::invalid("subdomain", e.to_string()))?;
        return Ok(vec![name]);
    }
    let id = account.0.simple().to_string();
    let tail = &id[id.len() - 4..];
    let numbered = (2..=SUGGESTIONS).map(|number| format!("{tail}{number}"));
    let tails = std::iter::once(tail.to_owned()).chain(numbered);
    Ok(tails.map(|tail| suggest_subdomain("", &tail)).collect())
}

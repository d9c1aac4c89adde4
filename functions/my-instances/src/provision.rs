//! `POST /my/instances/provision`: wishes an instance for the caller's subscription.

use auth::AccountCaller;
use contract::{Provision, Provisioned};
use domain::{Subdomain, suggest_subdomain};
use edge::{Answer, Context, Error, Request};
use store::instances;

/// Longest display name, in characters.
const LONGEST_NAME: usize = 80;

/// How many names are tried when the caller wished none.
const SUGGESTIONS: u32 = 5;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let wished: Provision = request.json_or_default().await?;
    let names = names(&caller, wished.subdomain.as_deref())?;
    let display_name = wished.name.as_deref();
    let display_name = display_name.map(|name| edge::line("name", name, LONGEST_NAME));
    let display_name = display_name.transpose()?;
    let call = cx.by(&caller);
    let answer = instances::provision(&cx.database, call, &names, display_name.as_deref()).await?;
    let result = cx.settle(answer)?;
    cx.ring().await;
    Answer::accepted(&Provisioned::from(result))
}

/// The wished name alone, or some made from the caller's address.
fn names(caller: &AccountCaller, wished: Option<&str>) -> Result<Vec<Subdomain>, Error> {
    if let Some(wished) = wished {
        let name =
            Subdomain::new(wished).map_err(|e| Error::invalid("subdomain", e.to_string()))?;
        return Ok(vec![name]);
    }
    let id = caller.subject().simple().to_string();
    let tail = &id[id.len() - 4..];
    let numbered = (2..=SUGGESTIONS).map(|number| format!("{tail}{number}"));
    let tails = std::iter::once(tail.to_owned()).chain(numbered);
    Ok(tails
        .map(|tail| suggest_subdomain(caller.email(), &tail))
        .collect())
}

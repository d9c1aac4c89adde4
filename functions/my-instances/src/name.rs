//! `GET /my/subdomains/{name}`: whether a name can be had, for a field that is being typed into.

use auth::AccountCaller;
use contract::NameCheck;
use domain::{InvalidSubdomain, Subdomain};
use edge::{Answer, Context, Error, Request};

/// Longest text that is looked at, in bytes.
const LONGEST: usize = 100;

pub(crate) async fn handle(
    cx: &Context,
    caller: AccountCaller,
    request: Request,
) -> Result<Answer, Error> {
    let name: String = request.value("name")?;
    if name.len() > LONGEST {
        let message = format!("must have at most {LONGEST} bytes");
        return Err(Error::invalid("name", message));
    }
    // asked in any case, since that is what lets the caller in and counts it
    let taken = store::instances::is_name_taken(&cx.database, cx.by(&caller), &name).await?;
    let taken = cx.settle(taken)?;
    let objection = match Subdomain::new(&name) {
        Err(wrong) => Some((code(wrong), wrong.to_string())),
        Ok(_) if taken => Some(("taken", "is taken".to_owned())),
        Ok(_) => None,
    };
    Answer::ok(&NameCheck {
        available: objection.is_none(),
        reason: objection.as_ref().map(|(code, _)| (*code).to_owned()),
        message: objection.map(|(_, message)| message),
        name,
    })
}

const fn code(wrong: InvalidSubdomain) -> &'static str {
    match wrong {
        InvalidSubdomain::Length => "length",
        InvalidSubdomain::Characters => "characters",
        InvalidSubdomain::Hyphen => "hyphen",
        InvalidSubdomain::Reserved => "reserved",
    }
}

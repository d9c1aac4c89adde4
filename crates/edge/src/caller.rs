//! Proving callers. The type of a handler's caller says which proof it wants.

use auth::{AccountCaller, AdminCaller, MachineKey, SystemCaller};

use crate::{Context, Error, Request, keys};

/// Somebody of whom nothing is asked.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

/// A caller that a request can prove.
#[expect(async_fn_in_trait, reason = "functions have one thread")]
pub trait Caller: Sized {
    /// Checks the proof; what only the database knows is checked with the work itself.
    async fn prove(context: &Context, request: &Request) -> Result<Self, Error>;
}

impl Caller for Anonymous {
    async fn prove(_: &Context, _: &Request) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Caller for AccountCaller {
    async fn prove(context: &Context, request: &Request) -> Result<Self, Error> {
        let token = request
            .bearer()
            .ok_or(Error::Unauthenticated("no bearer token"))?;
        let caller = keys::verify(context, token).await?;
        context.account.set(Some(caller.subject()));
        Ok(caller)
    }
}

impl Caller for AdminCaller {
    async fn prove(context: &Context, request: &Request) -> Result<Self, Error> {
        AccountCaller::prove(context, request).await.map(Self::new)
    }
}

impl Caller for SystemCaller {
    async fn prove(_: &Context, request: &Request) -> Result<Self, Error> {
        let key = request.bearer().and_then(MachineKey::new);
        key.map(|key| key.caller())
            .ok_or(Error::Unauthenticated("no key"))
    }
}

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

    /// Whose idempotency keys its commands have; nobody's for somebody unknown.
    fn subject(&self) -> Option<String>;
}

impl Caller for Anonymous {
    async fn prove(_: &Context, _: &Request) -> Result<Self, Error> {
        Ok(Self)
    }

    fn subject(&self) -> Option<String> {
        None
    }
}

impl Caller for AccountCaller {
    async fn prove(context: &Context, request: &Request) -> Result<Self, Error> {
        let token = request
            .bearer()
            .ok_or(Error::Unauthenticated("no bearer token"))?;
        let caller = keys::verify(context, token).await?;
        context.noted.account.set(Some(caller.subject()));
        Ok(caller)
    }

    fn subject(&self) -> Option<String> {
        Some(AccountCaller::subject(self).to_string())
    }
}

impl Caller for AdminCaller {
    async fn prove(context: &Context, request: &Request) -> Result<Self, Error> {
        AccountCaller::prove(context, request).await.map(Self::new)
    }

    fn subject(&self) -> Option<String> {
        Caller::subject(self.account())
    }
}

impl Caller for SystemCaller {
    async fn prove(_: &Context, request: &Request) -> Result<Self, Error> {
        let key = request.bearer().and_then(MachineKey::new);
        key.map(|key| key.caller())
            .ok_or(Error::Unauthenticated("no key"))
    }

    fn subject(&self) -> Option<String> {
        Some(format!("machine:{}", hex::encode(self.key_sha256())))
    }
}

//! What a handler is given beside its caller and its request.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use auth::{AccountCaller, AdminCaller, SystemCaller};
use domain::{StripePrices, StripePricesError};
use serde::Serialize;
use store::{Call, Rate, Refusal, RequestFacts};
use uuid::Uuid;

use crate::Error;
use crate::database::SpinDatabase;
use crate::outbound::Outbound;
use crate::settings::Settings;

/// The request's surroundings.
pub struct Context {
    /// The platform's database.
    pub database: SpinDatabase,
    /// The component's variables.
    pub settings: Settings,
    pub(crate) facts: RequestFacts,
    pub(crate) noted: Rc<Noted>,
    /// This request, whatever id its client gave it.
    pub(crate) attempt: Uuid,
}

/// What is learnt while a request is served and told with its answer or in the log.
#[derive(Default)]
pub(crate) struct Noted {
    /// How the caller's limit stands.
    pub(crate) rate: Cell<Option<Rate>>,
    /// Who called.
    pub(crate) account: Cell<Option<Uuid>>,
    /// Whether this instance had checked the caller's token before; none where no token was good.
    pub(crate) token_known: Cell<Option<bool>>,
    /// The answer is an earlier one's.
    pub(crate) replayed: Cell<bool>,
    /// The command under way, when it has an idempotency key.
    pub(crate) claim: Cell<Option<Uuid>>,
}

impl Context {
    /// A call by an account.
    pub fn by<'a>(&'a self, caller: &'a AccountCaller) -> Call<'a, AccountCaller> {
        Call {
            caller,
            facts: &self.facts,
        }
    }

    /// A call by an admin.
    pub fn by_admin<'a>(&'a self, caller: &'a AdminCaller) -> Call<'a, AdminCaller> {
        Call {
            caller,
            facts: &self.facts,
        }
    }

    /// A call by a machine.
    pub fn by_system<'a>(&'a self, caller: &'a SystemCaller) -> Call<'a, SystemCaller> {
        Call {
            caller,
            facts: &self.facts,
        }
    }

    /// Takes the database's answer: notes how the limit stands and makes a refusal an error.
    pub fn settle<T>(&self, answer: store::Answer<T>) -> Result<T, Error> {
        if answer.rate.is_some() {
            self.noted.rate.set(answer.rate);
        }
        if answer.claim.is_some() {
            self.noted.claim.set(answer.claim);
        }
        self.noted.replayed.set(answer.replayed);
        answer
            .outcome
            .map_err(|refusal| Error::Refused(refusal, answer.rate))
    }

    /// Keeps what a command answered that went on outside of the database, when it has an idempotency key. That it
    /// fails is no reason to tell the caller: the command is done, and sent again it comes to the same.
    pub async fn finish(&self, answer: &impl Serialize) {
        if self.facts.idempotency.is_none() {
            return;
        }
        if let Err(error) = store::idempotency::keep(&self.database, &self.facts, answer).await {
            eprintln!("keep an answer: {error}");
        }
    }

    /// Refuses a command that went on outside of the database, and keeps that as its answer when it has an
    /// idempotency key.
    pub async fn refuse(&self, refusal: Refusal) -> Error {
        if self.facts.idempotency.is_some()
            && let Err(error) =
                store::idempotency::keep_refusal(&self.database, &self.facts, &refusal).await
        {
            eprintln!("keep a refusal: {error}");
        }
        Error::Refused(refusal, self.noted.rate.get())
    }

    /// The key for one request of this command to an outside part: the same when the command is sent again under
    /// its idempotency key, a new one for each other command.
    pub fn outside_key(&self, what: &str) -> String {
        let command = self.noted.claim.get().unwrap_or(self.attempt);
        format!("{what}:{command}")
    }

    /// Wakes the daemon after something was enqueued. That it fails is no reason to tell the caller: the daemon
    /// also polls.
    pub async fn ring(&self) {
        if let Err(error) = store::jobs::ring(&self.database).await {
            eprintln!("doorbell: {error}");
        }
    }

    /// Requests to other parts, with timeouts.
    pub fn outbound(&self) -> Outbound {
        Outbound::default()
    }

    /// Stripe's API, as the variables name it.
    pub async fn stripe(&self) -> Result<stripe::Client<Outbound>, Error> {
        let url = self.settings.required("stripe_api_url").await?;
        let key = self.settings.required("stripe_secret_key").await?;
        let key = stripe::SecretKey::new(&key)
            .map_err(|error| Error::Misconfigured("stripe_secret_key", error.to_string()))?;
        stripe::Client::new(self.outbound(), &url, key)
            .map_err(|error| Error::Misconfigured("stripe_api_url", error.to_string()))
    }

    /// Which of Stripe's prices is which plan here.
    pub async fn stripe_prices(&self) -> Result<StripePrices, Error> {
        let listed = self.settings.get("stripe_prices").await?;
        listed.parse().map_err(|error: StripePricesError| {
            Error::Misconfigured("stripe_prices", error.to_string())
        })
    }

    /// Whether the auth service's keys can be had, so that callers can be let in.
    pub async fn knows_keys(&self) -> bool {
        crate::keys::available(self).await
    }

    /// Unix seconds.
    pub fn now(&self) -> i64 {
        now()
    }

    /// The client's address, as far as it can be trusted.
    pub fn address(&self) -> Option<&str> {
        self.facts.address.as_deref()
    }

    /// The request's id, also in the answer and in the log.
    pub fn request_id(&self) -> &str {
        &self.facts.request_id
    }
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

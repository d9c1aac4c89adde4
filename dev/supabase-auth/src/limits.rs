//! How many requests one client may make, as Supabase counts them: by group of routes, over five minutes. What was
//! counted is forgotten with the process.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::error::Error;
use crate::gateway::ApiKey;
use crate::state::State;

const PERIOD: Duration = Duration::from_mins(5);
/// How many of a period's requests may come at once.
const BURST: NonZeroU32 = NonZeroU32::new(30).expect("not zero");
/// When clients that have been quiet are forgotten.
const MANY_CLIENTS: usize = 10_000;

/// A group of routes that are counted together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Group {
    /// Sign-in, sign-up and refresh.
    Token,
    /// Codes and links.
    Verify,
    /// What sends mails.
    Mail,
}

/// Requests in five minutes by group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    token: Option<NonZeroU32>,
    verify: Option<NonZeroU32>,
    mail: Option<NonZeroU32>,
}

impl FromStr for Rates {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut rates = Self::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (group, rate) = pair.split_once('=').context("not GROUP=NUMBER")?;
            let rate = rate.parse().with_context(|| format!("rate of {group}"))?;
            match group {
                "token" => rates.token = Some(rate),
                "verify" => rates.verify = Some(rate),
                "mail" => rates.mail = Some(rate),
                _ => bail!("unknown group {group}: there are token, verify and mail"),
            }
        }
        Ok(rates)
    }
}

type Counter = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>;

/// Counts the requests of each client.
pub(crate) struct Limits {
    token: Option<Counter>,
    verify: Option<Counter>,
    mail: Option<Counter>,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        let counter = |rate: Option<NonZeroU32>| {
            let rate = rate?;
            let quota = Quota::with_period(PERIOD / rate.get())?.allow_burst(rate.min(BURST));
            Some(RateLimiter::hashmap(quota))
        };
        Self {
            token: counter(rates.token),
            verify: counter(rates.verify),
            mail: counter(rates.mail),
        }
    }

    fn check(&self, group: Group, client: IpAddr) -> Result<(), Error> {
        let counter = match group {
            Group::Token => &self.token,
            Group::Verify => &self.verify,
            Group::Mail => &self.mail,
        };
        let Some(counter) = counter else {
            return Ok(());
        };
        if counter.len() > MANY_CLIENTS {
            counter.retain_recent();
        }
        counter.check_key(&client).map_err(|_| Error::RateLimit)
    }
}

/// Middleware of a group's routes: 429 for a client that asks too often.
pub(crate) async fn enforce(
    group: Group,
    Shared(state): Shared<State>,
    request: Request,
    next: Next,
) -> Response {
    let client = client(&request);
    match state.limits.check(group, client) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Who asks: as the holder of the secret key says, as the gateway says, or the other end of the connection.
fn client(request: &Request) -> IpAddr {
    let headers = request.headers();
    let is_server = request.extensions().get() == Some(&ApiKey::Secret);
    let named = is_server.then(|| last_address(headers, "sb-forwarded-for"));
    let peer = request
        .extensions()
        .get::<ConnectInfo<std::net::SocketAddr>>();
    named
        .flatten()
        .or_else(|| last_address(headers, "x-forwarded-for"))
        .or_else(|| peer.map(|ConnectInfo(address)| address.ip()))
        .unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))
}

/// The address that the last hop added.
fn last_address(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    let last = headers.get_all(name).iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn each_client_and_group_is_counted_by_itself() {
        let limits = Limits::new("token=2,mail=1".parse().expect("rates"));
        for _ in 0..2 {
            assert!(limits.check(Group::Token, ONE).is_ok());
        }
        assert!(matches!(
            limits.check(Group::Token, ONE),
            Err(Error::RateLimit)
        ));
        assert!(limits.check(Group::Token, OTHER).is_ok());
        assert!(limits.check(Group::Mail, ONE).is_ok());
        assert!(limits.check(Group::Mail, ONE).is_err());
        for _ in 0..100 {
            assert!(limits.check(Group::Verify, ONE).is_ok());
        }
    }

    #[test]
    fn refuses_rates_that_make_no_sense() {
        for text in ["token", "token=0", "token=-1", "tea=1", "token=many"] {
            assert!(text.parse::<Rates>().is_err(), "{text}");
        }
    }
}

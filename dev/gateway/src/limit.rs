//! How often one client may ask for what the functions themselves do not count: the portal's files, health, prices,
//! the document, deliveries, and whatever is refused before a caller is known. In front of a real cluster its
//! Ingress does this.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// When clients that have been quiet are forgotten.
const MANY_CLIENTS: usize = 10_000;

/// Counts the requests of each client.
pub(crate) struct Limit {
    a_minute: NonZeroU32,
    counter: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>,
}

/// Too many; it may come again after `seconds`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) limit: NonZeroU32,
    pub(crate) seconds: u64,
}

impl Limit {
    /// So many requests at once, and as many in every minute.
    pub(crate) fn new(a_minute: NonZeroU32) -> Self {
        Self {
            a_minute,
            counter: RateLimiter::hashmap(Quota::per_minute(a_minute)),
        }
    }

    /// Counts a request.
    pub(crate) fn check(&self, client: IpAddr) -> Result<(), TooMany> {
        if self.counter.len() > MANY_CLIENTS {
            self.counter.retain_recent();
        }
        self.counter.check_key(&network(client)).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            TooMany {
                limit: self.a_minute,
                // rounded up: a client that comes back when it was told to is let in
                seconds: wait.as_secs() + 1,
            }
        })
    }
}

/// What a client is counted as: out of an IPv6 network of 64 bits it takes as many addresses as it likes.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_is_counted_by_itself() {
        let limit = Limit::new(NonZeroU32::new(2).unwrap());
        let ask = |client: &str| limit.check(client.parse().unwrap());
        for _ in 0..2 {
            assert_eq!(ask("192.0.2.1"), Ok(()));
            assert_eq!(ask("2001:db8::7"), Ok(()));
        }
        for full in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::ffff:1"] {
            let refused = ask(full).unwrap_err();
            assert_eq!(refused.limit.get(), 2, "{full}");
            assert!((1..=31).contains(&refused.seconds), "{full}");
        }
        for other in ["192.0.2.2", "2001:db8:0:1::7"] {
            assert_eq!(ask(other), Ok(()), "{other}");
        }
    }
}

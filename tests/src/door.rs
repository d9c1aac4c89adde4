//! A way in behind the gateway, as a proxy of ours has it: requests are told where their client is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

use crate::platform::{Answer, Platform, receive};

/// One client of a functions' host, with an address of its own, so that what is counted by address is counted
/// for one test alone.
#[derive(Debug, Clone)]
pub struct Door {
    http: Client,
    base: String,
    host: String,
    origin: Option<String>,
    /// Where the client is, as far as the functions can tell.
    pub address: String,
}

impl Door {
    /// To the platform's own functions.
    pub fn of(platform: &Platform) -> Self {
        Self::to(platform, &platform.internal.functions)
    }

    /// To another functions' host.
    pub fn to(platform: &Platform, base: &str) -> Self {
        let (_, host) = platform.api.split_once("://").unwrap_or_default();
        Self {
            http: Client::new(),
            base: base.to_owned(),
            host: host.to_owned(),
            origin: None,
            address: new_address(),
        }
    }

    /// As a page of the portal asks, in a browser.
    #[must_use]
    pub fn of_a_page(self, platform: &Platform) -> Self {
        Self {
            origin: Some(platform.app.clone()),
            ..self
        }
    }

    /// As a client whose own address is this one of the machine's, with no proxy of ours before it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub fn at(self, peer: IpAddr) -> Self {
        let http = Client::builder().local_address(peer).build();
        Self {
            http: http.expect("HTTP client"),
            address: peer.to_string(),
            ..self
        }
    }

    /// The same client at another host.
    #[must_use]
    pub fn moved(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// The host that it leads to.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request from this client.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.forwarded(method, path, &self.address)
    }

    /// A request that came this way (`x-forwarded-for`), if by any.
    pub fn forwarded(&self, method: Method, path: &str, way: &str) -> RequestBuilder {
        let mut request = self.bare(method, path).header("host", &self.host);
        if let Some(origin) = &self.origin {
            request = request.header("origin", origin);
        }
        match way {
            "" => request,
            way => request.header("x-forwarded-for", way),
        }
    }

    /// A request that says neither its host nor where it comes from.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends a request with a bearer value and a body where there are some.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        bearer: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        receive(request).await
    }
}

/// An address of this machine that no other test has.
pub fn new_loopback() -> IpAddr {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    // 127.0.0.* is everybody's
    Ipv4Addr::new(127, a | 1, b, c.clamp(1, 254)).into()
}

/// An address that no other test has, in a network of its own, written as everybody writes it back.
fn new_address() -> String {
    let [a, b, c, d, ..] = *Uuid::new_v4().as_bytes();
    let [left, right] = [u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])];
    Ipv6Addr::new(0x2001, 0xdb8, left, right, 0, 0, 0, 7).to_string()
}

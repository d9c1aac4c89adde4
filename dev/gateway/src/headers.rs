//! Headers on their way through: what only concerned one hop is dropped, what a client may not say is replaced.

use std::net::IpAddr;

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};

/// Headers of one hop (RFC 9110, 7.6.1), and `expect`, which this hop has answered.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];
/// The same, without a constant of their own.
const HOP_BY_HOP_BY_NAME: [&str; 2] = ["keep-alive", "proxy-connection"];
/// What the functions' host says about a request, first value or last.
const HOST_PREFIX: &str = "spin-";
/// What only a proxy may say about a request.
const PROXY_NAMES: [&str; 3] = ["forwarded", "x-real-ip", "via"];
const PROXY_PREFIX: &str = "x-forwarded-";

/// Whether all values are text: Spin answers others with an empty 500.
pub(crate) fn are_text(headers: &HeaderMap) -> bool {
    headers
        .values()
        .all(|value| std::str::from_utf8(value.as_bytes()).is_ok())
}

/// The protocol that a request or answer changes to, if it does.
pub(crate) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    connection_options(headers)
        .any(|option| option.eq_ignore_ascii_case("upgrade"))
        .then(|| headers.get(header::UPGRADE).cloned())
        .flatten()
}

/// Drops what concerned the last hop only; keeps a change of protocol when it is passed on.
pub(crate) fn leave_hop(headers: &mut HeaderMap, upgrade: Option<HeaderValue>) {
    let named: Vec<HeaderName> = connection_options(headers)
        .filter_map(|option| option.parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    for name in HOP_BY_HOP_BY_NAME {
        headers.remove(name);
    }
    if let Some(protocol) = upgrade {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, protocol);
    }
}

fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Replaces what a client may not say about itself by what this proxy saw.
pub(crate) fn say_where_from(headers: &mut HeaderMap, client: IpAddr, host: &HeaderValue) {
    let forged: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_not_the_clients(name))
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
    if let Ok(address) = HeaderValue::from_str(&client.to_string()) {
        headers.insert("x-forwarded-for", address);
    }
    headers.insert("x-forwarded-proto", HeaderValue::from_static("http"));
    headers.insert("x-forwarded-host", host.clone());
    headers.insert(header::HOST, host.clone());
}

fn is_not_the_clients(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with(HOST_PREFIX) || name.starts_with(PROXY_PREFIX) || PROXY_NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let parse = |(name, value): &(&str, &str)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(parse) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn headers_of_one_hop_are_dropped_with_those_that_connection_names() {
        let mut all = headers(&[
            ("connection", "keep-alive, x-mine"),
            ("keep-alive", "5"),
            ("x-mine", "1"),
            ("te", "trailers"),
            ("accept", "*/*"),
        ]);
        leave_hop(&mut all, None);
        assert_eq!(
            all.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["accept"]
        );
    }

    #[test]
    fn a_change_of_protocol_needs_both_headers() {
        assert!(upgrade(&headers(&[("upgrade", "websocket")])).is_none());
        assert!(upgrade(&headers(&[("connection", "upgrade")])).is_none());
        let both = headers(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
        ]);
        assert_eq!(upgrade(&both).unwrap(), "websocket");
    }

    #[test]
    fn a_client_cannot_speak_for_a_proxy_or_the_host() {
        let mut all = headers(&[
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "7.7.7.7"),
            ("x-forwarded-prefix", "/evil"),
            ("spin-path-info", "/evil"),
            ("spin-client-addr", "6.6.6.6:1"),
            ("forwarded", "for=6.6.6.6"),
            ("accept", "*/*"),
        ]);
        say_where_from(
            &mut all,
            "127.0.0.1".parse().unwrap(),
            &HeaderValue::from_static("api.x"),
        );
        let mut names: Vec<&str> = all.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "accept",
                "host",
                "x-forwarded-for",
                "x-forwarded-host",
                "x-forwarded-proto"
            ]
        );
        assert_eq!(
            all.get_all("x-forwarded-for").iter().collect::<Vec<_>>(),
            ["127.0.0.1"]
        );
    }

    #[test]
    fn values_that_are_no_text_are_found() {
        let mut all = HeaderMap::new();
        all.insert("x", HeaderValue::from_bytes("ä".as_bytes()).unwrap());
        assert!(are_text(&all));
        all.insert("y", HeaderValue::from_bytes(&[0xff]).unwrap());
        assert!(!are_text(&all));
    }
}

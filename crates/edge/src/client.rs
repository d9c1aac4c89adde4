//! Where a request comes from, as far as that can be trusted.

use std::net::{IpAddr, Ipv6Addr};

use crate::Request;

/// The address that the outermost of our own proxies saw: so many hops from the end of the way that the request
/// took. What stands before it in `x-forwarded-for` is the client's own word.
pub(crate) fn address(request: &Request, trusted_hops: usize) -> Option<IpAddr> {
    // a value that is no text still takes its place, so that nothing slides into the trusted one
    let forwarded: Vec<&str> = request
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    let peer = request
        .header("spin-client-addr")
        .and_then(|address| address.rsplit_once(':'))
        .map_or("", |(ip, _)| ip);
    let way: Vec<&str> = forwarded.into_iter().chain([peer]).collect();
    // fewer hops than configured: the request came by one of our own inside
    parse(way[(way.len() - 1).saturating_sub(trusted_hops)])
}

fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches(['[', ']']);
    text.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

/// What a client without a proof counts as: an IPv4 address, or an IPv6 network of 64 bits, out of which one
/// client takes as many addresses as it likes.
pub(crate) fn network(address: Option<IpAddr>) -> String {
    match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let network = Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64);
            format!("{network}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(forwarded: &[&str], peer: &str, hops: usize) -> Option<String> {
        let mut request = Request::for_tests("/");
        for value in forwarded {
            let value = value.parse().unwrap();
            request.headers.append("x-forwarded-for", value);
        }
        let peer = format!("{peer}:4711").parse().unwrap();
        request.headers.append("spin-client-addr", peer);
        address(&request, hops).map(|ip| ip.to_string())
    }

    #[test]
    fn only_what_our_own_proxies_saw_counts() {
        let is = |ip: &str| Some(ip.to_owned());
        assert_eq!(seen(&["6.6.6.6, 1.2.3.4"], "10.0.0.1", 1), is("1.2.3.4"));
        assert_eq!(seen(&["6.6.6.6", "1.2.3.4"], "10.0.0.1", 1), is("1.2.3.4"));
        assert_eq!(
            seen(&["6.6.6.6", "1.2.3.4, 10.0.0.2"], "10.0.0.1", 2),
            is("1.2.3.4")
        );
        assert_eq!(seen(&["6.6.6.6"], "1.2.3.4", 0), is("1.2.3.4"));
        assert_eq!(seen(&[], "10.0.0.9", 1), is("10.0.0.9"));
        assert_eq!(seen(&["rubbish"], "10.0.0.1", 1), None);
        assert_eq!(seen(&["[2001:db8::7]"], "10.0.0.1", 1), is("2001:db8::7"));
        assert_eq!(seen(&["::ffff:1.2.3.4"], "10.0.0.1", 1), is("1.2.3.4"));
    }

    #[test]
    fn one_ipv6_client_has_one_network() {
        let network = |ip: &str| network(Some(ip.parse().unwrap()));
        assert_eq!(network("2001:db8::7"), "2001:db8::/64");
        assert_eq!(network("2001:db8::7"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::7"), network("2001:db8:0:1::7"));
        assert_eq!(network("1.2.3.4"), "1.2.3.4");
    }
}

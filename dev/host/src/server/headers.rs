//! The `spin-*` headers that a component reads. What a client sends under these names is taken
//! out: Spin leaves it in, first, which lets a client pretend.

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Uri};

use crate::app::routes::RouteMatch;

const PREFIX: &str = "spin-";

/// A request that cannot be understood; the text is for the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misunderstood(pub(crate) &'static str);

/// Makes the request's address absolute and sets Spin's headers.
pub(crate) fn prepare<B, T>(
    request: &mut Request<B>,
    matched: &RouteMatch<'_, T>,
    client: SocketAddr,
) -> Result<(), Misunderstood> {
    let uri = absolute(request)?;
    let headers = request.headers_mut();
    strip(headers);
    headers.remove(http::header::CONNECTION);
    let component_route = matched.route.strip_suffix("/...").unwrap_or(matched.route);
    for (name, text) in [
        ("spin-full-url", uri.to_string().as_str()),
        ("spin-path-info", &matched.trailing),
        ("spin-matched-route", matched.route),
        ("spin-raw-component-route", matched.route),
        ("spin-component-route", component_route),
        ("spin-base-path", "/"),
        ("spin-client-addr", client.to_string().as_str()),
    ] {
        headers.insert(HeaderName::from_static(name), value(text)?);
    }
    for (name, text) in &matched.named {
        let name = format!(
            "spin-path-match-{}",
            name.to_ascii_lowercase().replace('_', "-")
        );
        let name = HeaderName::try_from(name).map_err(|_| Misunderstood("wrong parameter"))?;
        headers.insert(name, value(text)?);
    }
    *request.uri_mut() = uri;
    Ok(())
}

fn value(text: &str) -> Result<HeaderValue, Misunderstood> {
    HeaderValue::from_str(text).map_err(|_| Misunderstood("the path holds forbidden characters"))
}

fn strip(headers: &mut HeaderMap) {
    let sent: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with(PREFIX))
        .cloned()
        .collect();
    for name in sent {
        headers.remove(name);
    }
}

/// The whole address: of the request line, else with the host of the `Host` header. Both at once
/// must agree.
fn absolute<B>(request: &Request<B>) -> Result<Uri, Misunderstood> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let named: Option<Authority> = match (hosts.next(), hosts.next()) {
        (None, _) => None,
        (Some(host), None) => {
            let host = Authority::try_from(host.as_bytes()).ok();
            let host = host.filter(|host| !host.as_str().contains('@'));
            Some(host.ok_or(Misunderstood("the Host header is no host"))?)
        }
        (Some(_), Some(_)) => return Err(Misunderstood("more than one Host header")),
    };
    let mut parts = request.uri().clone().into_parts();
    match (&parts.authority, named) {
        (None, None) => return Err(Misunderstood("the Host header is missing")),
        (None, Some(host)) => parts.authority = Some(host),
        (Some(_), None) => {}
        (Some(one), Some(other)) if *one == other => {}
        (Some(_), Some(_)) => return Err(Misunderstood("the Host header names another host")),
    }
    parts.scheme = Some(Scheme::HTTP);
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    }
    Uri::from_parts(parts).map_err(|_| Misunderstood("the address is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched<'a>(route: &'a str, trailing: &str) -> RouteMatch<'a, ()> {
        RouteMatch {
            target: &(),
            route,
            trailing: trailing.to_owned(),
            named: vec![("Item_ID".to_owned(), "a%20b".to_owned())],
        }
    }

    fn prepared(request: Request<()>, route: &str) -> Result<Request<()>, Misunderstood> {
        let mut request = request;
        prepare(
            &mut request,
            &matched(route, "/rest"),
            ([127, 0, 0, 1], 4000).into(),
        )?;
        Ok(request)
    }

    #[test]
    fn all_headers_are_set() {
        let request = Request::get("/items/a%20b?x=1")
            .header("host", "h:80")
            .body(())
            .unwrap();
        let request = prepared(request, "/items/:Item_ID/...").unwrap();
        assert_eq!(request.uri(), "http://h:80/items/a%20b?x=1");
        for (name, value) in [
            ("spin-full-url", "http://h:80/items/a%20b?x=1"),
            ("spin-path-info", "/rest"),
            ("spin-matched-route", "/items/:Item_ID/..."),
            ("spin-raw-component-route", "/items/:Item_ID/..."),
            ("spin-component-route", "/items/:Item_ID"),
            ("spin-base-path", "/"),
            ("spin-client-addr", "127.0.0.1:4000"),
            ("spin-path-match-item-id", "a%20b"),
        ] {
            assert_eq!(request.headers()[name], value, "{name}");
        }
    }

    #[test]
    fn the_root_wildcard_has_an_empty_component_route() {
        let request = Request::get("/a").header("host", "h").body(()).unwrap();
        assert_eq!(
            prepared(request, "/...").unwrap().headers()["spin-component-route"],
            ""
        );
        let request = Request::get("/a").header("host", "h").body(()).unwrap();
        assert_eq!(
            prepared(request, "/f/*").unwrap().headers()["spin-component-route"],
            "/f/*"
        );
    }

    #[test]
    fn a_client_cannot_pretend() {
        let request = Request::get("/a")
            .header("host", "h")
            .header("spin-path-match-item-id", "evil")
            .header("Spin-Client-Addr", "1.1.1.1:1")
            .header("spin-anything", "x")
            .body(())
            .unwrap();
        let request = prepared(request, "/a").unwrap();
        let all: Vec<_> = request
            .headers()
            .get_all("spin-path-match-item-id")
            .iter()
            .collect();
        assert_eq!(all, ["a%20b"]);
        assert_eq!(request.headers()["spin-client-addr"], "127.0.0.1:4000");
        assert!(!request.headers().contains_key("spin-anything"));
    }

    #[test]
    fn the_host_must_be_clear() {
        let get = |uri: &str| Request::get(uri.to_owned());
        assert!(prepared(get("/a").body(()).unwrap(), "/a").is_err());
        assert!(prepared(get("/a").header("host", "a b").body(()).unwrap(), "/a").is_err());
        assert!(prepared(get("/a").header("host", "u:p@a").body(()).unwrap(), "/a").is_err());
        let twice = get("/a")
            .header("host", "a")
            .header("host", "b")
            .body(())
            .unwrap();
        assert!(prepared(twice, "/a").is_err());
        let other = get("http://a/x").header("host", "b").body(()).unwrap();
        assert!(prepared(other, "/a").is_err());
        let http2 = get("http://a/x").body(()).unwrap();
        assert_eq!(prepared(http2, "/a").unwrap().uri(), "http://a/x");
    }
}

//! The `spin-*` headers that a component reads. What a client sends under these names is taken
//! out: Spin leaves it in, first, which lets a client pretend.

use std::fmt;
use std::net::SocketAddr;

use http::header::{HOST, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, Request, Uri};

use crate::app::routes::RouteMatch;

const PREFIX: &str = "spin-";

/// The end of the names inside the application, which nobody outside can mean.
pub(crate) const INTERNAL: &str = ".spin.internal";

/// A request that does not say where it goes. As with Spin, the client gets no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclear(pub(crate) &'static str);

/// A request that a component cannot be given; the client gets an empty 500, as with Spin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit(&'static str);

impl std::error::Error for Unclear {}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Sets Spin's headers. The request's address is absolute by now.
pub(crate) fn prepare<B, T>(
    request: &mut Request<B>,
    matched: &RouteMatch<'_, T>,
    client: SocketAddr,
) -> Result<(), Unfit> {
    let full = full_url(request)?;
    let headers = request.headers_mut();
    if headers
        .values()
        .any(|value| std::str::from_utf8(value.as_bytes()).is_err())
    {
        return Err(Unfit("a header is not UTF-8"));
    }
    strip(headers);
    headers.remove(http::header::CONNECTION);
    let component_route = matched.route.strip_suffix("/...").unwrap_or(matched.route);
    for (name, text) in [
        ("spin-path-info", matched.trailing.as_str()),
        ("spin-full-url", &full),
        ("spin-matched-route", matched.route),
        ("spin-base-path", "/"),
        ("spin-raw-component-route", matched.route),
        ("spin-component-route", component_route),
        ("spin-client-addr", client.to_string().as_str()),
    ] {
        headers.insert(HeaderName::from_static(name), value(text)?);
    }
    for (name, text) in &matched.named {
        let name = format!(
            "spin-path-match-{}",
            name.to_ascii_lowercase().replace('_', "-")
        );
        let name = HeaderName::try_from(name).map_err(|_| Unfit("wrong parameter"))?;
        headers.insert(name, value(text)?);
    }
    Ok(())
}

/// With the host of the `Host` header; HTTP/2 and calls inside the application have none.
fn full_url<B>(request: &Request<B>) -> Result<String, Unfit> {
    let host = request
        .headers()
        .get(HOST)
        .map_or(Ok("localhost"), |host| {
            std::str::from_utf8(host.as_bytes()).map_err(|_| Unfit("the Host header is not UTF-8"))
        })?;
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    Ok(format!("http://{host}{path}"))
}

fn value(text: &str) -> Result<HeaderValue, Unfit> {
    HeaderValue::from_str(text).map_err(|_| Unfit("the path holds forbidden characters"))
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

/// Makes the request's address absolute: that of the request line (`:authority` in HTTP/2), else
/// with the host of the `Host` header. Both at once must agree.
pub(crate) fn resolve<B>(request: &mut Request<B>) -> Result<(), Unclear> {
    let named = named_host(request.headers_mut())?;
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    if parts
        .authority
        .as_ref()
        .is_some_and(|host| !is_outside(host))
    {
        return Err(Unclear("the address is not one of a client"));
    }
    match (&parts.authority, named) {
        (None, None) => return Err(Unclear("the Host header is missing")),
        (None, Some(host)) => parts.authority = Some(host),
        (Some(_), None) => {}
        (Some(one), Some(other)) if *one == other => {}
        (Some(_), Some(_)) => return Err(Unclear("the Host header names another host")),
    }
    parts.scheme = Some(Scheme::HTTP);
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    }
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Unclear("the address is malformed"))?;
    Ok(())
}

/// The host of the `Host` header. A name inside the application is taken out, as if not sent.
fn named_host(headers: &mut HeaderMap) -> Result<Option<Authority>, Unclear> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) => return Ok(None),
        (Some(host), None) => Authority::try_from(host.as_bytes()).ok(),
        (Some(_), Some(_)) => return Err(Unclear("more than one Host header")),
    };
    let host = host.filter(|host| !names_user(host));
    let host = host.ok_or(Unclear("the Host header is no host"))?;
    if !is_outside(&host) {
        headers.remove(HOST);
        return Ok(None);
    }
    Ok(Some(host))
}

/// Whether a client may mean this host: no name inside the application, no user's name before it.
fn is_outside(host: &Authority) -> bool {
    let name = host.host().as_bytes();
    let end = name.len().saturating_sub(INTERNAL.len());
    !names_user(host) && !name[end..].eq_ignore_ascii_case(INTERNAL.as_bytes())
}

fn names_user(host: &Authority) -> bool {
    host.as_str().contains('@')
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

    fn prepared(mut request: Request<()>, route: &str) -> Request<()> {
        resolve(&mut request).unwrap();
        let client = ([127, 0, 0, 1], 4000).into();
        prepare(&mut request, &matched(route, "/rest"), client).unwrap();
        request
    }

    #[test]
    fn all_headers_are_set() {
        let request = Request::get("/items/a%20b?x=1")
            .header("host", "h:80")
            .body(())
            .unwrap();
        let request = prepared(request, "/items/:Item_ID/...");
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
            prepared(request, "/...").headers()["spin-component-route"],
            ""
        );
        let request = Request::get("/a").header("host", "h").body(()).unwrap();
        assert_eq!(
            prepared(request, "/f/*").headers()["spin-component-route"],
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
        let request = prepared(request, "/a");
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
        let twice = get("/a").header("host", "a").header("host", "b");
        for unclear in [
            get("/a"),
            get("/a").header("host", "a b"),
            get("/a").header("host", "u:p@a"),
            get("/a").header("host", "other.spin.internal"),
            get("/a").header("host", "other.spin.internal:80"),
            get("/a").header("host", "other.Spin.Internal"),
            twice,
            get("http://a/x").header("host", "b"),
            // In the request line, or HTTP/2's `:authority`.
            get("http://other.spin.internal/x"),
            get("http://other.spin.internal:80/x"),
            get("http://Other.SPIN.internal/x"),
            get("http://other.spin.internal/x").header("host", "other.spin.internal"),
            get("http://u:p@a/x"),
        ] {
            let mut request = unclear.body(()).unwrap();
            assert!(resolve(&mut request).is_err(), "{:?}", request.headers());
        }
        let http2 = prepared(get("http://a/x?y").body(()).unwrap(), "/a");
        assert_eq!(http2.uri(), "http://a/x?y");
        assert_eq!(http2.headers()["spin-full-url"], "http://localhost/x?y");
    }

    #[test]
    fn headers_must_be_utf8() {
        let strange = HeaderValue::from_bytes(b"\xff").unwrap();
        let mut request = Request::get("http://a/").body(()).unwrap();
        request.headers_mut().insert("x", strange);
        let outcome = prepare(&mut request, &matched("/", ""), ([127, 0, 0, 1], 1).into());
        assert_eq!(outcome, Err(Unfit("a header is not UTF-8")));
    }
}

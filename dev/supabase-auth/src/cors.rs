//! Which pages may call: the site, and (development servers run on ports of their own) any page of
//! this machine. No cookies are in play, so credentials are not allowed.

use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::{Host, Origin, Url};

use crate::shape::{API_VERSION, ERROR_CODE};

/// What Supabase's client libraries send beyond the headers that need no permission.
const REQUEST_HEADERS: [HeaderName; 11] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("apikey"),
    HeaderName::from_static("x-client-info"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("x-jwt-aud"),
    HeaderName::from_static("x-retry-count"),
    HeaderName::from_static("x-supabase-client-platform"),
    HeaderName::from_static("x-use-cookie"),
    API_VERSION,
];

/// The CORS rules for a site.
pub(crate) fn layer(site: &Url) -> CorsLayer {
    let site = site.clone();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(
            move |origin: &HeaderValue, _: &Parts| {
                origin
                    .to_str()
                    .is_ok_and(|origin| is_allowed(&site, origin))
            },
        ))
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(REQUEST_HEADERS)
        .expose_headers([
            API_VERSION,
            ERROR_CODE,
            header::LINK,
            HeaderName::from_static("x-total-count"),
        ])
        .max_age(Duration::from_mins(10))
}

fn is_allowed(site: &Url, origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    // `null` and schemes without an origin are nobody's page.
    matches!(url.origin(), Origin::Tuple(..)) && (url.origin() == site.origin() || is_local(&url))
}

/// Whether a page is served by this machine: a loopback address, `localhost` or a name below it.
fn is_local(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_the_site_and_pages_of_this_machine_only() {
        let site = Url::parse("https://app.example.org").expect("url");
        for origin in [
            "https://app.example.org",
            "http://localhost:3000",
            "http://127.0.0.1:5173",
            "http://[::1]:3000",
            "http://app.mindroom.localhost:8080",
        ] {
            assert!(is_allowed(&site, origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://app.example.org",
            "https://app.example.org:444",
            "https://app.example.org.evil.test",
            "http://evillocalhost",
            "http://localhost.evil.test",
            "http://192.0.2.1",
            "file:///tmp/page.html",
        ] {
            assert!(!is_allowed(&site, origin), "{origin}");
        }
    }
}

//! Where a mail link may lead: the site, or a loopback page. Names below `localhost` other than the
//! site's are left out, since the fragment carries tokens and instances run at such names.

use axum::http::{HeaderMap, header};
use url::{Host, Url};

/// The wished target if it is allowed, else the page that asked if it is, else the site. Never an error.
pub(crate) fn target(site: &Url, wished: Option<&str>, headers: &HeaderMap) -> Url {
    let referer = headers
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok());
    [wished, referer]
        .into_iter()
        .flatten()
        .filter_map(|text| Url::parse(text).ok())
        .find(|url| is_allowed(site, url))
        .unwrap_or_else(|| site.clone())
}

fn is_allowed(site: &Url, url: &Url) -> bool {
    if !matches!(url.scheme(), "http" | "https") {
        return false;
    }
    url.origin() == site.origin()
        || match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(wished: &str) -> String {
        let site = Url::parse("http://app.mindroom.localhost:8080").expect("url");
        target(&site, Some(wished), &HeaderMap::new()).to_string()
    }

    #[test]
    fn leads_only_to_the_site_and_loopback() {
        for allowed in [
            "http://app.mindroom.localhost:8080/welcome?x=1",
            "http://127.0.0.1:3000/",
            "http://localhost:3000/reset",
        ] {
            assert_eq!(redirect(allowed), allowed);
        }
        for refused in [
            "http://acme.mindroom.localhost:8080/",
            "http://app.mindroom.localhost:8081/",
            "https://evil.test/",
            "javascript:alert(1)",
            "//evil.test",
            "http://app.mindroom.localhost:8080@evil.test/",
            "",
        ] {
            assert_eq!(
                redirect(refused),
                "http://app.mindroom.localhost:8080/",
                "{refused}"
            );
        }
    }
}

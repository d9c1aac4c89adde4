//! Whom a request is for: decided by its host alone.

use http::uri::Authority;
use http::{HeaderMap, Uri, header};

/// Whom a request is for.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Target {
    /// `app.`: the portal, a function under a prefix of its own.
    Portal,
    /// `api.`, `localhost`, `127.0.0.1`: the functions.
    Api,
    /// `auth.`: the auth stand-in.
    Auth,
    /// `stripe.`: the Stripe stand-in.
    Stripe,
    /// `<subdomain>.` or `<subdomain>.matrix.`: an instance.
    Instance { subdomain: String, face: Face },
    /// The domain itself.
    Domain,
    /// A host that is not ours.
    Unknown,
}

/// Which of an instance's two addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Face {
    /// Its dashboard.
    Web,
    /// Its Matrix homeserver.
    Matrix,
}

/// Why a request names no host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BadHost {
    /// None at all.
    Missing,
    /// Several, or one that cannot be read.
    Malformed,
}

/// The host that a request names: in its target when that is absolute, else in its one `Host`.
pub(crate) fn host(uri: &Uri, headers: &HeaderMap) -> Result<Authority, BadHost> {
    let mut values = headers.get_all(header::HOST).iter();
    let named = values.next();
    if values.next().is_some() {
        return Err(BadHost::Malformed);
    }
    if let Some(authority) = uri.authority() {
        return without_user(authority.clone());
    }
    let named = named.ok_or(BadHost::Missing)?;
    let authority = Authority::try_from(named.as_bytes()).map_err(|_| BadHost::Malformed)?;
    without_user(authority)
}

fn without_user(authority: Authority) -> Result<Authority, BadHost> {
    let is_plain = !authority.as_str().contains('@') && !authority.host().is_empty();
    is_plain.then_some(authority).ok_or(BadHost::Malformed)
}

/// Whom a host is for; the port does not matter.
pub(crate) fn target(host: &str, domain: &str) -> Target {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
        return Target::Api;
    }
    if host == domain {
        return Target::Domain;
    }
    let Some(prefix) = host
        .strip_suffix(domain)
        .and_then(|prefix| prefix.strip_suffix('.'))
    else {
        return Target::Unknown;
    };
    match prefix {
        "app" => Target::Portal,
        "api" => Target::Api,
        "auth" => Target::Auth,
        "stripe" => Target::Stripe,
        other => instance(other),
    }
}

fn instance(prefix: &str) -> Target {
    let (subdomain, face) = match prefix.strip_suffix(".matrix") {
        Some(subdomain) => (subdomain, Face::Matrix),
        None => (prefix, Face::Web),
    };
    // What no instance can be called is not worth a query.
    let is_label = (1..=63).contains(&subdomain.len())
        && subdomain
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_label {
        Target::Instance {
            subdomain: subdomain.to_owned(),
            face,
        }
    } else {
        Target::Unknown
    }
}

/// Whether a path is the portal's on the functions' host, whose matching ignores slashes around it.
pub(crate) fn is_portal_path(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    first == Some(PORTAL_PREFIX.trim_start_matches('/'))
}

/// Where the functions' host has the portal.
pub(crate) const PORTAL_PREFIX: &str = "/portal";

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn instance(subdomain: &str, face: Face) -> Target {
        Target::Instance {
            subdomain: subdomain.to_owned(),
            face,
        }
    }

    #[test]
    fn every_host_has_its_target() {
        let target = |host| target(host, "mindroom.localhost");
        assert_eq!(target("app.mindroom.localhost"), Target::Portal);
        assert_eq!(target("API.Mindroom.localhost."), Target::Api);
        assert_eq!(target("localhost"), Target::Api);
        assert_eq!(target("127.0.0.1"), Target::Api);
        assert_eq!(target("auth.mindroom.localhost"), Target::Auth);
        assert_eq!(target("stripe.mindroom.localhost"), Target::Stripe);
        assert_eq!(target("mindroom.localhost"), Target::Domain);
        assert_eq!(
            target("acme.mindroom.localhost"),
            instance("acme", Face::Web)
        );
        assert_eq!(
            target("acme.matrix.mindroom.localhost"),
            instance("acme", Face::Matrix)
        );
    }

    #[test]
    fn other_hosts_are_unknown() {
        for host in [
            "example.com",
            "evilmindroom.localhost",
            "a.b.mindroom.localhost",
            "x.spin.internal",
            ".mindroom.localhost",
            "a_b.mindroom.localhost",
            "mindroom.localhost.example.com",
        ] {
            assert_eq!(
                target(host, "mindroom.localhost"),
                Target::Unknown,
                "{host}"
            );
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let uri = Uri::from_static("/x");
        let mut headers = HeaderMap::new();
        assert_eq!(host(&uri, &headers), Err(BadHost::Missing));
        headers.append(header::HOST, HeaderValue::from_static("a:80"));
        assert_eq!(host(&uri, &headers).unwrap(), "a:80");
        assert_eq!(
            host(&Uri::from_static("http://b/x"), &headers).unwrap(),
            "b"
        );
        headers.append(header::HOST, HeaderValue::from_static("c"));
        assert_eq!(host(&uri, &headers), Err(BadHost::Malformed));
        for malformed in ["a b", "u@a", "", ":80"] {
            let headers =
                HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(malformed))]);
            assert_eq!(host(&uri, &headers), Err(BadHost::Malformed), "{malformed}");
        }
    }

    #[test]
    fn the_portals_prefix_is_found_as_the_functions_host_finds_it() {
        for path in ["/portal", "/portal/", "//portal/x"] {
            assert!(is_portal_path(path), "{path}");
        }
        for path in ["/", "/portals", "/my/portal", "/stripe/portal"] {
            assert!(!is_portal_path(path), "{path}");
        }
    }
}

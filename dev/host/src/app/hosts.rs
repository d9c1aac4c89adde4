//! `allowed_outbound_hosts`: which addresses a component may reach. Without an entry: none.

use std::net::IpAddr;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use ipnet::IpNet;

use super::variables::Variables;

/// The addresses that one component may reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// `None` is any.
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    /// Everything that ends so (`.example.com`), not the domain itself.
    Below(String),
    /// Compared as written: `localhost` is not `127.0.0.1`.
    Name(String),
    /// The application itself, which components ask as `self.alt`.
    Itself,
    Network(IpNet),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Any,
    One(u16),
    /// The end is not included.
    Range(u16, u16),
}

impl AllowedHosts {
    /// Reads the entries of a manifest, variables put in. Entries that become empty (or only
    /// `http://`, `https://`) by a variable without value are skipped, as in Spin.
    pub(crate) fn parse(entries: &[String], variables: &Variables) -> Result<Self> {
        let mut parsed = Vec::new();
        for written in entries {
            let in_entry = || format!("allowed_outbound_hosts entry `{written}`");
            let text = variables.fill(written).with_context(in_entry)?;
            let text = text.trim();
            let by_variable = text != written.trim();
            if by_variable && matches!(text, "" | "http://" | "https://") {
                continue;
            }
            let entry = Entry::parse(text);
            parsed.push(if by_variable {
                // Without the reason: it would show parts of a value that may be secret.
                let wrong = "its variables do not make it `scheme://host:port`";
                entry.map_err(|_| anyhow!(wrong)).with_context(in_entry)?
            } else {
                entry.with_context(in_entry)?
            });
        }
        Ok(Self(parsed))
    }

    /// Whether `scheme://host:port` may be reached. `host` is compared as it is; names of HTTP are
    /// lower case by then, as in every URL, and IPv6 addresses are in brackets. So no network
    /// (`fe80::/10`) holds one: neither does it with Spin.
    pub(crate) fn permit(&self, scheme: &str, host: &str, port: u16) -> bool {
        let host = match scheme {
            "http" | "https" => host.to_ascii_lowercase(),
            _ => host.to_owned(),
        };
        self.0.iter().any(|entry| {
            entry.permits_scheme(scheme) && entry.host.permits(&host) && entry.port.permits(port)
        })
    }

    /// Whether the application itself may be asked, whatever its port.
    pub(crate) fn permit_self(&self) -> bool {
        self.0.iter().any(|entry| {
            matches!(entry.host, Host::Any | Host::Itself)
                && (entry.permits_scheme("http") || entry.permits_scheme("https"))
        })
    }
}

impl Entry {
    fn permits_scheme(&self, scheme: &str) -> bool {
        self.scheme
            .as_deref()
            .is_none_or(|allowed| allowed == scheme)
    }

    fn parse(text: &str) -> Result<Self> {
        ensure!(
            text != "insecure:allow-all",
            "Spin no longer accepts it; write `*://*:*`"
        );
        let (scheme, rest) = text.split_once("://").context("has no `scheme://`")?;
        ensure!(
            scheme == "*"
                || (!scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphabetic())),
            "`{scheme}` is not a scheme"
        );
        ensure!(
            scheme != "postgresql",
            "Spin compares with the scheme `postgres`; write that"
        );
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest);
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: Host::parse(host)?,
            port: Port::parse(port, scheme)?,
        })
    }
}

/// Splits `host:port`. Of an IPv6 address the brackets stay, and it needs a port.
fn split_port(text: &str) -> (&str, Option<&str>) {
    text.rsplit_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port)))
}

impl Host {
    fn parse(text: &str) -> Result<Self> {
        ensure!(!text.is_empty(), "has no host");
        ensure!(
            !text.contains(['{', '}', ',']),
            "lists are not accepted; write one entry for each"
        );
        if text == "*" {
            return Ok(Self::Any);
        }
        if matches!(text, "self" | "self.alt") {
            return Ok(Self::Itself);
        }
        if let Some(domain) = text.strip_prefix("*.") {
            ensure!(
                !domain.contains(['*', '/']),
                "`*` stands only at the beginning, before a dot"
            );
            return Ok(Self::Below(format!(".{domain}")));
        }
        if text.contains('/') {
            let network = text.parse().ok();
            return network
                .map(Self::Network)
                .context("has a path (or it is no CIDR block)");
        }
        ensure!(!text.contains('*'), "`*` stands only alone or as `*.`");
        ensure!(
            text.starts_with('[') == text.ends_with(']'),
            "an IPv6 address needs a port: http://[::1]:80"
        );
        Ok(Self::Name(text.to_owned()))
    }

    fn permits(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Itself => false,
            Self::Name(name) => name == host,
            Self::Below(domain) => host.len() > domain.len() && host.ends_with(domain.as_str()),
            Self::Network(network) => host
                .parse::<IpAddr>()
                .is_ok_and(|address| network.contains(&address)),
        }
    }
}

impl Port {
    fn parse(text: Option<&str>, scheme: &str) -> Result<Self> {
        let Some(text) = text else {
            return default_port(scheme).map(Self::One).with_context(|| {
                format!("the scheme `{scheme}` has no port of its own; name one")
            });
        };
        if text == "*" {
            return Ok(Self::Any);
        }
        let number = |text: &str| {
            text.parse::<u16>()
                .with_context(|| format!("`{text}` is not a port"))
        };
        match text.split_once("..") {
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from >= to {
                    bail!("the range `{text}` is empty");
                }
                Ok(Self::Range(from, to))
            }
            None => number(text).map(Self::One),
        }
    }

    fn permits(self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => one == port,
            Self::Range(from, to) => (from..to).contains(&port),
        }
    }
}

/// The port of a scheme that has one.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" => 80,
        "https" => 443,
        "postgres" => 5432,
        "mysql" => 3306,
        "redis" => 6379,
        "mqtt" => 1883,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(entry: &str, scheme: &str, host: &str, port: u16) -> bool {
        AllowedHosts(vec![Entry::parse(entry).unwrap()]).permit(scheme, host, port)
    }

    #[test]
    fn nothing_is_allowed_by_default() {
        assert!(!AllowedHosts::default().permit("http", "127.0.0.1", 80));
    }

    #[test]
    fn exact_addresses() {
        assert!(permits(
            "postgres://127.0.0.1:25432",
            "postgres",
            "127.0.0.1",
            25432
        ));
        assert!(!permits(
            "postgres://127.0.0.1:25432",
            "postgres",
            "localhost",
            25432
        ));
        assert!(!permits(
            "postgres://127.0.0.1:25432",
            "postgres",
            "127.0.0.1",
            5432
        ));
        assert!(!permits(
            "postgres://127.0.0.1:25432",
            "http",
            "127.0.0.1",
            25432
        ));
        assert!(permits("http://[::1]:80", "http", "[::1]", 80));
        // As in Spin: entries are compared as written, hosts of URLs are lower case.
        assert!(permits("https://a.example", "https", "A.Example", 443));
        assert!(!permits("https://A.example", "https", "A.Example", 443));
    }

    #[test]
    fn ports_by_default_range_and_star() {
        assert!(permits("postgres://db", "postgres", "db", 5432));
        assert!(permits("http://h/", "http", "h", 80));
        assert!(permits("http://h:*", "http", "h", 1));
        assert!(permits("http://h:8000..9000", "http", "h", 8999));
        assert!(!permits("http://h:8000..9000", "http", "h", 9000));
    }

    #[test]
    fn wildcards_and_networks() {
        assert!(permits("*://*:*", "postgres", "anything", 7));
        assert!(permits(
            "https://*.example.com",
            "https",
            "a.b.example.com",
            443
        ));
        assert!(!permits(
            "https://*.example.com",
            "https",
            "example.com",
            443
        ));
        assert!(!permits(
            "https://*.example.com",
            "https",
            "badexample.com",
            443
        ));
        assert!(permits("http://10.0.0.0/8:80", "http", "10.9.8.7", 80));
        assert!(!permits("http://10.0.0.0/8:80", "http", "11.0.0.1", 80));
        assert!(!permits("http://10.0.0.0/8:80", "http", "ten.example", 80));
        assert!(!permits("http://fe80::/10:80", "http", "[fe80::1]", 80));
    }

    #[test]
    fn wrong_entries_are_refused() {
        for wrong in [
            "example.com",
            "http://",
            "http://h/path",
            "ftp://h",
            "http://h:0x",
            "http://h:9..8",
            "http://{a,b}",
            "http://a*b",
            "insecure:allow-all",
            "postgresql://h",
            "http://[::1",
            "http://[::1]",
            "",
        ] {
            assert!(Entry::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_application_itself() {
        let hosts = |entry| AllowedHosts(vec![Entry::parse(entry).unwrap()]);
        for entry in [
            "http://self",
            "https://self.alt",
            "*://*:*",
            "http://self:1",
        ] {
            assert!(hosts(entry).permit_self(), "{entry}");
        }
        for entry in ["postgres://self", "http://localhost:*"] {
            assert!(!hosts(entry).permit_self(), "{entry}");
        }
        assert!(!hosts("http://self").permit("http", "self", 80));
    }

    #[test]
    fn entries_may_come_from_variables() {
        let manifest = toml::from_str(
            "spin_manifest_version = 2\n[application]\nname = \"t\"\n[variables]\n\
             db = { default = \"postgres://127.0.0.1:5433\" }\nempty = { default = \"\" }\nwrong = { default = \"s3cr3t\" }",
        )
        .unwrap();
        let variables =
            Variables::resolve(&manifest, &std::collections::BTreeMap::default(), &[]).unwrap();
        let entries = ["{{ db }}".to_owned(), "{{ empty }}".to_owned()];
        let hosts = AllowedHosts::parse(&entries, &variables).unwrap();
        assert!(hosts.permit("postgres", "127.0.0.1", 5433));
        assert!(AllowedHosts::parse(&["{{ nobody }}".to_owned()], &variables).is_err());
        let wrong = AllowedHosts::parse(&["{{ wrong }}".to_owned()], &variables).unwrap_err();
        let text = format!("{wrong:#}");
        assert!(
            text.contains("{{ wrong }}") && !text.contains("s3cr3t"),
            "{text}"
        );
    }
}

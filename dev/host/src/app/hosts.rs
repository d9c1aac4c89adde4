//! `allowed_outbound_hosts`: which addresses a component may reach. Without an entry: none.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail, ensure};
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
    /// Everything below this domain, not the domain itself.
    Below(String),
    /// Compared as written: `localhost` is not `127.0.0.1`.
    Name(String),
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
            if !matches!(text, "" | "http://" | "https://") {
                parsed.push(Entry::parse(text).with_context(in_entry)?);
            }
        }
        Ok(Self(parsed))
    }

    /// Whether `scheme://host:port` may be reached. `host` may be an IPv6 address in brackets.
    pub(crate) fn permit(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.0.iter().any(|entry| {
            entry
                .scheme
                .as_deref()
                .is_none_or(|allowed| allowed.eq_ignore_ascii_case(scheme))
                && entry.host.permits(host)
                && entry.port.permits(port)
        })
    }
}

impl Entry {
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
        let (host, port) = split_port(rest)?;
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: Host::parse(host)?,
            port: Port::parse(port, scheme)?,
        })
    }
}

/// Splits `host:port`; the port may be missing, and IPv6 addresses stand in brackets.
fn split_port(text: &str) -> Result<(&str, Option<&str>)> {
    if text.starts_with('[') {
        let (host, rest) = text.split_once(']').context("`[` without `]`")?;
        return match rest {
            "" => Ok((&host[1..], None)),
            _ => Ok((
                &host[1..],
                Some(rest.strip_prefix(':').context("no `:` after `]`")?),
            )),
        };
    }
    Ok(text
        .rsplit_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port))))
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
        if let Some(domain) = text.strip_prefix("*.") {
            ensure!(
                !domain.contains(['*', '/']),
                "`*` stands only at the beginning, before a dot"
            );
            return Ok(Self::Below(domain.to_ascii_lowercase()));
        }
        if text.contains('/') {
            let network = text.parse().ok();
            return network
                .map(Self::Network)
                .context("has a path (or it is no CIDR block)");
        }
        ensure!(!text.contains('*'), "`*` stands only alone or as `*.`");
        Ok(Self::Name(text.to_ascii_lowercase()))
    }

    fn permits(&self, host: &str) -> bool {
        let host = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        match self {
            Self::Any => true,
            Self::Name(name) => name.eq_ignore_ascii_case(host),
            Self::Below(domain) => host
                .to_ascii_lowercase()
                .strip_suffix(domain.as_str())
                .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
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
        assert!(permits(
            "https://API.example.com",
            "https",
            "api.example.com",
            443
        ));
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
        ] {
            assert!(Entry::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn entries_may_come_from_variables() {
        let manifest = toml::from_str(
            "spin_manifest_version = 2\n[application]\nname = \"t\"\n[variables]\n\
             db = { default = \"postgres://127.0.0.1:5433\" }\nempty = { default = \"\" }",
        )
        .unwrap();
        let variables =
            Variables::resolve(&manifest, &std::collections::BTreeMap::default(), &[]).unwrap();
        let entries = ["{{ db }}".to_owned(), "{{ empty }}".to_owned()];
        let hosts = AllowedHosts::parse(&entries, &variables).unwrap();
        assert!(hosts.permit("postgres", "127.0.0.1", 5433));
        assert!(AllowedHosts::parse(&["{{ nobody }}".to_owned()], &variables).is_err());
    }
}

//! The address of a database, and whether a component may reach it.

use std::net::Ipv6Addr;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::wit::Error;
use crate::app::hosts::AllowedHosts;

/// Reads a connection string (URL or `key=value`) and refuses every host that is not allowed.
///
/// `hostaddr` counts as a host here: where it is given, it is what the connection goes to.
pub(crate) fn check(
    address: &str,
    allowed: &AllowedHosts,
    component: &str,
) -> Result<Config, Error> {
    let config: Config = address
        .parse()
        .map_err(|error| Error::ConnectionFailed(chain(&error)))?;
    let hosts = hosts(&config)?;
    for (position, host) in hosts.iter().enumerate() {
        let port = port(&config, position)?;
        let usual_port = config.get_ports().is_empty();
        if host.parse::<Ipv6Addr>().is_ok() {
            return Err(refuse_ipv6(component, host, port, usual_port));
        }
        if !allowed.permit("postgres", host, port) {
            return Err(refuse(component, host, port, usual_port));
        }
    }
    Ok(config)
}

/// An error with its causes, each said once; the texts of tokio-postgres hold no password.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn hosts(config: &Config) -> Result<Vec<String>, Error> {
    let mut hosts = Vec::new();
    for host in config.get_hosts() {
        match host {
            Host::Tcp(name) => hosts.push(name.clone()),
            #[cfg(unix)]
            Host::Unix(_) => {
                return Err(Error::ConnectionFailed(
                    "Unix sockets are not supported on WebAssembly".to_owned(),
                ));
            }
        }
    }
    let addresses = config.get_hostaddrs();
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(Error::ConnectionFailed(
            "as many hostaddr as host are needed".to_owned(),
        ));
    }
    // Positions matter, since each host has its port: one list after the other would shift them.
    if hosts.is_empty() {
        hosts.extend(addresses.iter().map(ToString::to_string));
    } else if !addresses.is_empty() {
        return Err(Error::ConnectionFailed(
            "hostaddr beside host is not supported: name the address that you mean as host"
                .to_owned(),
        ));
    }
    if hosts.is_empty() {
        return Err(Error::ConnectionFailed(
            "the connection string names no host".to_owned(),
        ));
    }
    Ok(hosts)
}

/// No port is 5432, one is for all hosts, else each host has its own.
fn port(config: &Config, position: usize) -> Result<u16, Error> {
    match config.get_ports() {
        [] => Ok(5432),
        [one] => Ok(*one),
        ports => ports.get(position).copied().ok_or_else(|| {
            Error::ConnectionFailed("the connection string has fewer ports than hosts".to_owned())
        }),
    }
}

fn refuse(component: &str, host: &str, port: u16, usual_port: bool) -> Error {
    let address = named(host, port, usual_port);
    tracing::warn!(
        component,
        "refused to reach the database {address}; to allow it, add to [component.{component}] \
         in spin.toml: allowed_outbound_hosts = [\"{address}\"]"
    );
    not_permitted(&address)
}

/// Spin cannot read such an address, so that no entry permits it, not even `*://*:*`.
fn refuse_ipv6(component: &str, host: &str, port: u16, usual_port: bool) -> Error {
    let address = named(host, port, usual_port);
    tracing::warn!(
        component,
        "refused to reach the database {address}: Spin permits no IPv6 address of PostgreSQL, \
         whatever spin.toml allows; give the address a name"
    );
    not_permitted(&address)
}

/// The address as the connection string has it, which is Spin's text.
fn named(host: &str, port: u16, usual_port: bool) -> String {
    if usual_port {
        format!("postgres://{host}")
    } else {
        format!("postgres://{host}:{port}")
    }
}

fn not_permitted(address: &str) -> Error {
    Error::ConnectionFailed(format!("address {address} is not permitted"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::variables::Variables;

    fn allowed(entry: &str) -> AllowedHosts {
        let manifest =
            toml::from_str("spin_manifest_version = 2\n[application]\nname = \"t\"").unwrap();
        let none =
            Variables::resolve(&manifest, &std::collections::BTreeMap::default(), &[]).unwrap();
        AllowedHosts::parse(&[entry.to_owned()], &none).unwrap()
    }

    fn outcome(address: &str) -> Result<(), String> {
        under("postgres://127.0.0.1:5433", address)
    }

    fn under(entry: &str, address: &str) -> Result<(), String> {
        match check(address, &allowed(entry), "c") {
            Ok(_) => Ok(()),
            Err(Error::ConnectionFailed(text)) => Err(text),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn allowed_addresses_pass_in_every_form() {
        for address in [
            "postgres://u:p@127.0.0.1:5433/db",
            "postgresql://u:p@127.0.0.1:5433/db",
            "host=127.0.0.1 port=5433 user=u dbname=db",
            "hostaddr=127.0.0.1 port=5433 user=u",
        ] {
            assert_eq!(outcome(address), Ok(()), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_refused_by_name() {
        for (address, named) in [
            ("postgres://u@127.0.0.1/db", "postgres://127.0.0.1:5432"),
            ("host=127.0.0.1 user=u", "postgres://127.0.0.1"),
            (
                "postgres://u@localhost:5433/db",
                "postgres://localhost:5433",
            ),
            (
                "hostaddr=10.0.0.1 port=5433 user=u",
                "postgres://10.0.0.1:5433",
            ),
            (
                "host=127.0.0.1,10.0.0.1 port=5433 user=u",
                "postgres://10.0.0.1:5433",
            ),
            (
                "host=127.0.0.1,127.0.0.1 port=5433,5434 user=u",
                "postgres://127.0.0.1:5434",
            ),
        ] {
            let error = outcome(address).unwrap_err();
            assert_eq!(error, format!("address {named} is not permitted"));
        }
    }

    #[test]
    fn no_entry_permits_an_ipv6_address() {
        // What Spin compares with the entries, once it has read these: it cannot.
        for of_spin in ["::1:5433", "postgres://::1:5433", "::1", "postgres://::1"] {
            assert!(url::Url::parse(of_spin).is_err(), "{of_spin}");
        }
        for entry in ["*://*:*", "postgres://[::1]:5433", "postgres://::/0:5433"] {
            for address in [
                "postgres://u@[::1]:5433/db",
                "host=::1 port=5433 user=u",
                "hostaddr=::1 port=5433 user=u",
            ] {
                let error = under(entry, address).unwrap_err();
                assert_eq!(error, "address postgres://::1:5433 is not permitted");
            }
        }
        assert_eq!(under("*://*:*", "postgres://u@localhost:5433/db"), Ok(()));
    }

    #[test]
    fn hostaddr_does_not_slip_past() {
        assert!(outcome("host=127.0.0.1 hostaddr=10.0.0.1 port=5433 user=u").is_err());
        assert!(outcome("postgres://u@127.0.0.1:5433/db?hostaddr=10.0.0.1").is_err());
    }

    #[test]
    fn sockets_and_nothing_are_refused() {
        assert!(
            outcome("host=/var/run/postgresql user=u")
                .unwrap_err()
                .contains("Unix")
        );
        assert!(outcome("user=u").unwrap_err().contains("no host"));
        assert!(
            outcome("postgres://u@127.0.0.1:5433/db?sslmode=verify-full")
                .unwrap_err()
                .contains("invalid")
        );
    }
}

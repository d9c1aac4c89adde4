//! Addresses of databases, and connecting as they say.
//!
//! `sslmode` and `sslrootcert` mean what they mean to libpq, but for this: where TLS is used, the server's
//! certificate is always checked, and an address that says nothing asks for TLS unless the server is on this
//! machine.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What drives a connection: to be spawned, or polled for notifications.
pub type Connection =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// A database's address, with a role and its password.
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: MakeRustlsConnect,
}

/// Why an address is none.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It cannot be read.
    #[error("the database's address cannot be read")]
    Unreadable(#[from] tokio_postgres::Error),
    /// Its certificate authorities cannot be read.
    #[error("sslrootcert {}: {cause}", path.display())]
    Authorities {
        /// The file that the address names.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// No TLS can be spoken.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").finish_non_exhaustive()
    }
}

impl Address {
    /// Reads a URL (or `key=value` pairs, which know neither `verify-full` nor `sslrootcert`).
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let Options {
            rest,
            mode,
            authorities,
        } = Options::take(text);
        let mut config: Config = rest.parse()?;
        match mode.as_deref() {
            Some("verify-ca" | "verify-full") => config.ssl_mode(SslMode::Require),
            // what this says was read by the configuration, or refused by it
            Some(_) => &mut config,
            None if is_on_this_machine(&config) => config.ssl_mode(SslMode::Disable),
            None => config.ssl_mode(SslMode::Require),
        };
        Ok(Self {
            tls: connector(authorities)?,
            config,
        })
    }

    /// Host, role, timeouts.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The same, to be changed.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// For a pool, which connects by itself.
    pub fn into_parts(self) -> (Config, MakeRustlsConnect) {
        (self.config, self.tls)
    }

    /// Connects.
    pub async fn connect(&self) -> Result<(Client, Connection), tokio_postgres::Error> {
        self.config.connect(self.tls.clone()).await
    }
}

/// What the address says of TLS, apart from the rest, which tokio-postgres reads.
struct Options {
    rest: String,
    mode: Option<String>,
    authorities: Option<PathBuf>,
}

impl Options {
    fn take(text: &str) -> Self {
        let mut options = Self {
            rest: text.to_owned(),
            mode: None,
            authorities: None,
        };
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        if !is_url {
            let said = text
                .split_whitespace()
                .find_map(|pair| pair.strip_prefix("sslmode="));
            options.mode = said.map(str::to_owned);
            return options;
        }
        let Some((base, query)) = text.split_once('?') else {
            return options;
        };
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| options.keeps(pair))
            .collect();
        options.rest = format!("{base}?{}", kept.join("&"));
        options
    }

    /// Notes what a pair says of TLS; whether tokio-postgres is to read it.
    fn keeps(&mut self, pair: &str) -> bool {
        let decoded: Vec<(String, String)> = serde_urlencoded::from_str(pair).unwrap_or_default();
        match decoded.into_iter().next() {
            Some((name, value)) if name == "sslrootcert" => {
                self.authorities = Some(value.into());
                false
            }
            Some((name, value)) if name == "sslmode" => {
                let is_ours = value.starts_with("verify-");
                self.mode = Some(value);
                !is_ours
            }
            _ => true,
        }
    }
}

fn is_on_this_machine(config: &Config) -> bool {
    let is_loopback = |address: &IpAddr| address.is_loopback();
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address| is_loopback(&address))
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    hosts && config.get_hostaddrs().iter().all(is_loopback)
}

/// Trusts the authorities in the file, else those that browsers trust.
fn connector(authorities: Option<PathBuf>) -> Result<MakeRustlsConnect, AddressError> {
    let roots = match authorities {
        Some(path) => read(&path).map_err(|cause| AddressError::Authorities { path, cause })?,
        None => RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        },
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn read(path: &std::path::Path) -> Result<RootCertStore, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("holds no certificate".to_owned());
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(address: &str) -> SslMode {
        Address::parse(address).unwrap().config().get_ssl_mode()
    }

    #[test]
    fn an_address_that_says_nothing_asks_for_tls_unless_the_server_is_here() {
        assert_eq!(mode("postgres://u@db.example.com/x"), SslMode::Require);
        assert_eq!(mode("host=db.example.com user=u"), SslMode::Require);
        assert_eq!(mode("postgres://u@127.0.0.1:5433/x"), SslMode::Disable);
        assert_eq!(mode("postgres://u@localhost/x"), SslMode::Disable);
        assert_eq!(mode("host=/run/postgresql user=u"), SslMode::Disable);
    }

    #[test]
    fn what_an_address_says_is_done() {
        for (said, meant) in [
            ("disable", SslMode::Disable),
            ("prefer", SslMode::Prefer),
            ("require", SslMode::Require),
            ("verify-full", SslMode::Require),
        ] {
            let url = format!("postgres://u@db.example.com/x?application_name=a&sslmode={said}");
            assert_eq!(mode(&url), meant, "{said}");
            let config = Address::parse(&url).unwrap().config().clone();
            assert_eq!(config.get_application_name(), Some("a"));
        }
        assert_eq!(mode("host=db user=u sslmode=disable"), SslMode::Disable);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for address in [
            "postgres://u@db/x?sslmode=maybe",
            "postgres://u@db/x?sslrootcert=/does/not/exist.pem",
            "postgres://u@db/x?no_such_option=1",
            "host=db sslmode=verify-full",
        ] {
            assert!(Address::parse(address).is_err(), "{address}");
        }
    }
}

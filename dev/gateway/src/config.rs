//! The command line and environment, checked before anything starts.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use http::uri::Authority;
use url::Url;

/// One port for every host of `mindroom.localhost`.
///
/// Needs the environment variable `DATABASE_URL` (role `mindroom_gateway`), to find instances.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Where to listen; loopback only. Port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
    /// The domain's own address; hosts of the parts are prefixes of it.
    #[arg(long)]
    public_url: Url,
    /// Where the functions' host listens.
    #[arg(long)]
    functions: Url,
    /// Where the auth stand-in listens, if there is one.
    #[arg(long)]
    auth: Option<Url>,
    /// Where the Stripe stand-in listens, if there is one.
    #[arg(long)]
    stripe: Option<Url>,
    /// Requests a minute of one client's address to portal and API. A page asks for some dozens.
    #[arg(long, default_value = "6000")]
    client_limit: NonZeroU32,
}

/// The checked settings.
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// The domain, in small letters, without port.
    pub(crate) domain: String,
    /// Address of the portal.
    pub(crate) portal_url: String,
    /// The same as browsers name it where a page calls the API from.
    pub(crate) portal_origin: String,
    /// The functions' host.
    pub(crate) functions: Authority,
    /// The auth stand-in.
    pub(crate) auth: Option<Authority>,
    /// The Stripe stand-in.
    pub(crate) stripe: Option<Authority>,
    /// Requests a minute of one client.
    pub(crate) client_limit: NonZeroU32,
    /// Where instances are looked up.
    pub(crate) database_url: String,
}

impl Args {
    /// Checks everything that can be checked without connecting.
    pub(crate) fn check(self, database_url: Option<String>) -> Result<Config> {
        ensure!(
            self.listen.ip().is_loopback(),
            "--listen {}: instances are not isolated on one machine, so this binds loopback only",
            self.listen
        );
        let domain = self
            .public_url
            .host_str()
            .context("--public-url names no host")?
            .to_owned();
        let mut portal_url = self.public_url.clone();
        portal_url
            .set_host(Some(&format!("app.{domain}")))
            .context("--public-url")?;
        let database_url = database_url.filter(|url| !url.is_empty());
        Ok(Config {
            listen: self.listen,
            portal_origin: portal_url.origin().ascii_serialization(),
            portal_url: portal_url.into(),
            functions: upstream(&self.functions).context("--functions")?,
            auth: stand_in(self.auth.as_ref()).context("--auth")?,
            stripe: stand_in(self.stripe.as_ref()).context("--stripe")?,
            client_limit: self.client_limit,
            database_url: database_url
                .context("the environment variable DATABASE_URL is missing or empty")?,
            domain,
        })
    }
}

fn stand_in(url: Option<&Url>) -> Result<Option<Authority>> {
    url.map(upstream).transpose()
}

/// Host and port of a part on this machine.
pub(crate) fn upstream(url: &Url) -> Result<Authority> {
    ensure!(url.scheme() == "http", "{url} is not http");
    let host = url.host_str().context("no host")?;
    let port = url.port_or_known_default().context("no port")?;
    format!("{host}:{port}").parse().context("no address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(listen: &str) -> Args {
        let url = |text: &str| Url::parse(text).unwrap();
        Args {
            listen: listen.parse().unwrap(),
            public_url: url("http://mindroom.localhost:8080"),
            functions: url("http://127.0.0.1:1"),
            auth: Some(url("http://127.0.0.1:2")),
            stripe: None,
            client_limit: NonZeroU32::MIN,
        }
    }

    #[test]
    fn other_machines_are_not_served() {
        let database = Some("postgres://127.0.0.1/x".to_owned());
        assert!(args("0.0.0.0:8080").check(database.clone()).is_err());
        assert!(args("127.0.0.1:8080").check(None).is_err());
        let config = args("127.0.0.1:8080").check(database).unwrap();
        assert_eq!(config.portal_url, "http://app.mindroom.localhost:8080/");
        assert_eq!(config.portal_origin, "http://app.mindroom.localhost:8080");
        assert_eq!(config.functions, "127.0.0.1:1");
        assert_eq!(config.auth.unwrap(), "127.0.0.1:2");
        assert_eq!(config.stripe, None);
    }
}

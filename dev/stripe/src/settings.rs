//! The command line and environment.

use std::net::SocketAddr;

use stripe::InvalidSecret;
use stripe::webhook::Secret;
use url::Url;

/// A stand-in for Stripe on one machine: its objects, its pages and its webhooks.
#[derive(clap::Parser)]
#[command(name = "dev-stripe", version)]
pub(crate) struct Args {
    /// Where to listen; a loopback address only (port 0 takes a free one).
    #[arg(long, value_parser = loopback)]
    pub(crate) listen: SocketAddr,
    /// What browsers call this server; the address it listens on, unless told.
    #[arg(long, value_parser = web_address)]
    pub(crate) public_url: Option<Url>,
    /// Where events are delivered.
    #[arg(long, value_parser = web_address)]
    pub(crate) webhook_url: Url,
    /// The database of this stand-in alone.
    #[arg(long, env, hide_env_values = true)]
    pub(crate) database_url: String,
    /// The only key that is accepted (`sk_test_…`).
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true, value_parser = test_key)]
    pub(crate) secret_key: TestKey,
    /// What deliveries are signed with (`whsec_…`).
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true, value_parser = webhook_secret)]
    pub(crate) webhook_secret: WebhookSecret,
}

/// What the calls need of them.
pub(crate) struct Settings {
    pub(crate) public_url: String,
    pub(crate) secret_key: TestKey,
}

/// A key that cannot be a real one. It has no text form on purpose.
#[derive(Clone)]
pub(crate) struct TestKey(String);

impl TestKey {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// What the command line's endpoint is signed for. It has no text form on purpose.
#[derive(Clone)]
pub(crate) struct WebhookSecret(String);

impl WebhookSecret {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

fn webhook_secret(text: &str) -> Result<WebhookSecret, InvalidSecret> {
    Secret::new(text).map(|_| WebhookSecret(text.to_owned()))
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "no address such as 127.0.0.1:4100")?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("only a loopback address: this stand-in must not be reached from outside".to_owned())
}

fn web_address(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}"))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        return Ok(url);
    }
    Err("no http address".to_owned())
}

fn test_key(text: &str) -> Result<TestKey, String> {
    let is_test = text
        .strip_prefix("sk_test_")
        .is_some_and(|rest| !rest.trim().is_empty());
    if is_test && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(TestKey(text.to_owned()));
    }
    Err("not a test key (sk_test_…); a real key has no place here".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        assert!(loopback("127.0.0.1:0").is_ok());
        assert!(loopback("[::1]:80").is_ok());
        for text in [
            "0.0.0.0:80",
            "[::]:80",
            "192.168.0.1:80",
            "localhost:80",
            "",
        ] {
            assert!(loopback(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn real_and_blank_keys_are_refused() {
        assert!(test_key("sk_test_1").is_ok());
        for text in ["", "sk_test_", "sk_live_1", "sk_test_1\n", "pk_test_1"] {
            assert!(test_key(text).is_err(), "{text:?}");
        }
    }
}

//! The command line and environment, checked before anything starts.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use url::Url;

use crate::policy::Policy;

/// A stand-in for Supabase Auth on one machine.
///
/// Needs three environment variables: `DATABASE_URL` (role `supabase_auth_admin`), `PUBLISHABLE_KEY`
/// and `SECRET_KEY` (what clients and administrators send as `apikey`).
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Where to listen; loopback only. Port 0 takes a free one.
    #[arg(long)]
    listen: SocketAddr,
    /// Where browsers find this service; with `/auth/v1` it is the issuer of tokens.
    #[arg(long)]
    public_url: Url,
    /// The site that mail links lead back to.
    #[arg(long)]
    site_url: Url,
    /// The key that signs tokens (PEM); made on first use.
    #[arg(long)]
    key_file: PathBuf,
    /// A key whose tokens are good too and that the key set lists: the next one before it signs, or the last one
    /// until its tokens have run out. May be given several times.
    #[arg(long)]
    accept_key_file: Vec<PathBuf>,
    #[command(flatten)]
    policy: Policy,
}

/// Variables by which a machine says that it serves the public; any value but an empty one counts.
const PRODUCTION_MARKERS: [&str; 2] = ["KUBERNETES_SERVICE_HOST", "SUPABASE_AUTH_PRODUCTION"];

/// The checked settings.
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    /// Without a slash at the end.
    pub(crate) public_url: String,
    pub(crate) site_url: Url,
    pub(crate) key_file: PathBuf,
    pub(crate) accept_key_files: Vec<PathBuf>,
    pub(crate) policy: Policy,
    pub(crate) database_url: String,
    pub(crate) publishable_key: String,
    pub(crate) secret_key: String,
}

impl Config {
    /// Checks the arguments, and the variables that `variable` gives.
    pub(crate) fn new(
        args: Args,
        variable: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        ensure!(
            args.listen.ip().is_loopback(),
            "--listen {}: this stand-in is an open door to every account, so it binds loopback only",
            args.listen
        );
        for marker in PRODUCTION_MARKERS {
            let is_set = variable(marker).is_some_and(|value| !value.is_empty());
            ensure!(
                !is_set,
                "{marker} is set: this stand-in is for one machine and never for the public"
            );
        }
        let required = |name: &str| match variable(name) {
            Some(value) if !value.trim().is_empty() => Ok(value),
            _ => bail!("the environment variable {name} is missing or empty"),
        };
        let publishable_key = required("PUBLISHABLE_KEY")?;
        let secret_key = required("SECRET_KEY")?;
        ensure!(
            publishable_key != secret_key,
            "PUBLISHABLE_KEY and SECRET_KEY are the same: every visitor would be an administrator"
        );
        Ok(Self {
            listen: args.listen,
            public_url: web_url(&args.public_url, "--public-url")?,
            site_url: Url::parse(&web_url(&args.site_url, "--site-url")?).context("--site-url")?,
            key_file: args.key_file,
            accept_key_files: args.accept_key_file,
            policy: args.policy,
            database_url: required("DATABASE_URL")?,
            publishable_key,
            secret_key,
        })
    }

    /// The `iss` of every token.
    pub(crate) fn issuer(&self) -> String {
        format!("{}/auth/v1", self.public_url)
    }
}

fn web_url(url: &Url, argument: &str) -> anyhow::Result<String> {
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "{argument} {url}: not an http(s) address"
    );
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let args = Args::try_parse_from([
            "dev-supabase-auth",
            "--listen",
            listen,
            "--public-url",
            "http://auth.example.localhost/",
            "--site-url",
            "http://app.example.localhost",
            "--key-file",
            "/nowhere/key.pem",
        ])?;
        Config::new(args, |name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    const COMPLETE: &[(&str, &str)] = &[
        ("DATABASE_URL", "postgres://"),
        ("PUBLISHABLE_KEY", "p"),
        ("SECRET_KEY", "s"),
    ];

    #[test]
    fn issuer_has_no_double_slash() {
        let config = config("127.0.0.1:0", COMPLETE).expect("complete");
        assert_eq!(config.issuer(), "http://auth.example.localhost/auth/v1");
    }

    #[test]
    fn refuses_to_listen_beyond_loopback() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
            let error = config(address, COMPLETE)
                .err()
                .expect("refused")
                .to_string();
            assert!(error.contains("loopback only"), "{error}");
        }
        assert!(config("[::1]:0", COMPLETE).is_ok());
    }

    #[test]
    fn refuses_to_serve_the_public() {
        for marker in PRODUCTION_MARKERS {
            let with = |value| [COMPLETE, &[(marker, value)]].concat();
            let error = config("127.0.0.1:0", &with("1")).err().expect("refused");
            assert!(error.to_string().contains(marker), "{error}");
            assert!(config("127.0.0.1:0", &with("")).is_ok());
        }
    }

    #[test]
    fn refuses_missing_empty_and_equal_keys() {
        for name in ["DATABASE_URL", "PUBLISHABLE_KEY", "SECRET_KEY"] {
            for value in [None, Some(""), Some("  ")] {
                let mut variables: Vec<_> = COMPLETE
                    .iter()
                    .copied()
                    .filter(|(key, _)| *key != name)
                    .collect();
                variables.extend(value.map(|value| (name, value)));
                let error = config("127.0.0.1:0", &variables)
                    .err()
                    .expect("refused")
                    .to_string();
                assert!(error.contains(name), "{error}");
            }
        }
        let equal = [
            ("DATABASE_URL", "x"),
            ("PUBLISHABLE_KEY", "k"),
            ("SECRET_KEY", "k"),
        ];
        assert!(config("127.0.0.1:0", &equal).is_err());
    }
}

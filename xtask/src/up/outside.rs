//! Supabase's auth service and Stripe themselves in place of the stand-ins, where their variables are set.

use anyhow::{Context, Result, bail, ensure};
use url::Url;

use super::secrets::{Secret, Secrets};

/// A Supabase project's auth service: all of them, or none.
const SUPABASE: [&str; 3] = [
    "SUPABASE_URL",
    "SUPABASE_PUBLISHABLE_KEY",
    "SUPABASE_SECRET_KEY",
];
/// The project's secret of the time before key pairs, if it still signs with one.
const SUPABASE_JWT_SECRET: &str = "SUPABASE_JWT_SECRET";
/// A Stripe account in test mode: all of them, or none.
const STRIPE: [&str; 2] = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"];
/// Another Stripe than Stripe.
const STRIPE_API_URL: &str = "STRIPE_API_URL";
const STRIPE_ITSELF: &str = "https://api.stripe.com";

/// Every variable that is read here; each part is told what it needs of them, and inherits none.
pub(crate) const VARIABLES: [&str; 7] = [
    SUPABASE[0],
    SUPABASE[1],
    SUPABASE[2],
    SUPABASE_JWT_SECRET,
    STRIPE[0],
    STRIPE[1],
    STRIPE_API_URL,
];

/// What is not stood in for.
pub(crate) struct Outside {
    pub(crate) auth: Option<Auth>,
    pub(crate) stripe: Option<Stripe>,
}

/// An auth service.
pub(crate) struct Auth {
    /// Its address, without a slash at its end.
    pub(crate) url: String,
    /// Empty when there is none.
    pub(crate) jwt_secret: Secret,
    publishable_key: Secret,
    secret_key: Secret,
}

/// A Stripe account.
pub(crate) struct Stripe {
    /// Its API's address, without a slash at its end.
    pub(crate) url: String,
    secret_key: Secret,
    webhook_secret: Secret,
}

impl Outside {
    /// As the environment says.
    pub(crate) fn from_environment() -> Result<Self> {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let auth = all_or_none(&SUPABASE, variable)?
            .map(|[url, publishable_key, secret_key]| {
                Ok::<_, anyhow::Error>(Auth {
                    url: origin(SUPABASE[0], &url)?,
                    publishable_key: Secret::of(publishable_key),
                    secret_key: Secret::of(secret_key),
                    jwt_secret: Secret::of(variable(SUPABASE_JWT_SECRET).unwrap_or_default()),
                })
            })
            .transpose()?;
        let stripe = all_or_none(&STRIPE, variable)?
            .map(|[secret_key, webhook_secret]| {
                check_stripe(&secret_key, &webhook_secret)?;
                let url = variable(STRIPE_API_URL).unwrap_or_else(|| STRIPE_ITSELF.to_owned());
                Ok::<_, anyhow::Error>(Stripe {
                    url: origin(STRIPE_API_URL, &url)?,
                    secret_key: Secret::of(secret_key),
                    webhook_secret: Secret::of(webhook_secret),
                })
            })
            .transpose()?;
        Ok(Self { auth, stripe })
    }

    /// Puts their keys in the place of the stand-ins', for this run.
    pub(crate) fn lend_keys(&self, secrets: &mut Secrets) {
        if let Some(auth) = &self.auth {
            secrets.auth_publishable_key = auth.publishable_key.clone();
            secrets.auth_secret_key = auth.secret_key.clone();
        }
        if let Some(stripe) = &self.stripe {
            secrets.stripe_secret_key = stripe.secret_key.clone();
            secrets.stripe_webhook_secret = stripe.webhook_secret.clone();
        }
    }
}

fn all_or_none<const N: usize>(
    names: &[&str; N],
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<[String; N]>> {
    let values: Vec<Option<String>> = names.iter().map(|name| variable(name)).collect();
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let missing: Vec<&str> = names
        .iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| *name)
        .collect();
    let values: Vec<String> = values.into_iter().flatten().collect();
    match <[String; N]>::try_from(values) {
        Ok(values) => Ok(Some(values)),
        Err(_) => bail!(
            "{} missing or empty: set all of {}, or none for the stand-in",
            missing.join(", "),
            names.join(", ")
        ),
    }
}

/// A machine to try things out on has no place for live keys.
fn check_stripe(secret_key: &str, webhook_secret: &str) -> Result<()> {
    let key = stripe::SecretKey::new(secret_key).context(STRIPE[0])?;
    ensure!(
        !key.is_live(),
        "{} is a live key: one machine takes keys of test mode only",
        STRIPE[0]
    );
    stripe::webhook::Secret::new(webhook_secret).context(STRIPE[1])?;
    Ok(())
}

fn origin(name: &str, text: &str) -> Result<String> {
    let url = Url::parse(text).with_context(|| format!("{name} is no URL"))?;
    let is_origin = ["http", "https"].contains(&url.scheme())
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.username().is_empty();
    ensure!(is_origin, "{name} is not https://host");
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Outside> {
        Outside::read(|name| {
            let found = pairs.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    const PROJECT: [(&str, &str); 3] = [
        ("SUPABASE_URL", "https://ref.supabase.co/"),
        ("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_1"),
        ("SUPABASE_SECRET_KEY", "sb_secret_1"),
    ];
    const ACCOUNT: [(&str, &str); 2] = [
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        (
            "STRIPE_WEBHOOK_SECRET",
            "whsec_0123456789abcdef0123456789abcdef",
        ),
    ];

    #[test]
    fn nothing_set_is_the_stand_ins() {
        let none = read(&[("SUPABASE_URL", " "), ("STRIPE_API_URL", "https://a")]).unwrap();
        assert!(none.auth.is_none() && none.stripe.is_none());
    }

    #[test]
    fn each_is_taken_by_itself() {
        let auth = read(&PROJECT).unwrap();
        assert_eq!(auth.auth.unwrap().url, "https://ref.supabase.co");
        assert!(auth.stripe.is_none());
        let stripe = read(&ACCOUNT).unwrap();
        assert_eq!(stripe.stripe.unwrap().url, STRIPE_ITSELF);
        assert!(stripe.auth.is_none());
    }

    #[test]
    fn what_is_half_set_wrong_or_live_is_refused_by_name_and_without_its_value() {
        let refused = |pairs: &[(&str, &str)]| {
            let error = format!("{:#}", read(pairs).err().expect("refused"));
            assert!(!error.contains("hunter2"), "{error}");
            error
        };
        let half = refused(&PROJECT[..2]);
        assert!(half.starts_with("SUPABASE_SECRET_KEY missing"), "{half}");
        assert!(refused(&ACCOUNT[1..]).starts_with("STRIPE_SECRET_KEY missing"));
        let live = [("STRIPE_SECRET_KEY", "sk_live_hunter2"), ACCOUNT[1]];
        assert!(refused(&live).contains("live key"));
        let unsigned = [ACCOUNT[0], ("STRIPE_WEBHOOK_SECRET", "whsec_")];
        assert!(refused(&unsigned).contains("STRIPE_WEBHOOK_SECRET"));
        for url in [
            "ref.supabase.co",
            "ftp://a",
            "https://u:hunter2@a",
            "https://a/auth/v1",
        ] {
            let wrong = [("SUPABASE_URL", url), PROJECT[1], PROJECT[2]];
            assert!(refused(&wrong).contains("SUPABASE_URL"), "{url}");
        }
    }
}

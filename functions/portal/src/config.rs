//! `GET /portal/config.json`: what the portal is told when it starts.

use edge::{Anonymous, Answer, Context, Error, Request};
use http::Uri;
use serde::Serialize;

/// The portal's settings (`portal/src/lib/settings.ts` reads them). Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Config {
    /// Base of the API.
    pub(crate) api_url: String,
    /// Base of Supabase.
    pub(crate) auth_url: String,
    /// Supabase's publishable key.
    publishable_key: String,
    /// Domain below which instances are reached, with the port where it is not the scheme's own.
    instance_domain: String,
    /// local, staging or production.
    environment: String,
    /// Where customers write to; empty where nobody reads it.
    support_email: String,
}

/// Answers with the settings. Never kept: a change of a variable counts at once.
pub(crate) async fn handle(context: &Context, _: Anonymous, _: Request) -> Result<Answer, Error> {
    Answer::ok(&Config::read(context).await?)
}

impl Config {
    /// Reads the component's variables.
    pub(crate) async fn read(context: &Context) -> Result<Self, Error> {
        let settings = &context.settings;
        let (api_url, instance_domain) = split(&settings.public_url().await?)?;
        Ok(Self {
            api_url,
            instance_domain,
            auth_url: settings.required("auth_public_url").await?,
            publishable_key: settings.required("publishable_key").await?,
            environment: settings.required("environment").await?,
            support_email: settings.get("support_email").await?,
        })
    }
}

/// `https://mindroom.example` to the API's base and the instances' domain.
fn split(public_url: &str) -> Result<(String, String), Error> {
    let wrong = || Error::Misconfigured("public_url", "is no http(s) URL".to_owned());
    let url: Uri = public_url.parse().map_err(|_| wrong())?;
    let (Some(scheme @ ("http" | "https")), Some(domain)) = (url.scheme_str(), url.authority())
    else {
        return Err(wrong());
    };
    Ok((format!("{scheme}://api.{domain}"), domain.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_the_public_url() {
        let local = split("http://mindroom.localhost:8080").unwrap();
        assert_eq!(
            local,
            (
                "http://api.mindroom.localhost:8080".to_owned(),
                "mindroom.localhost:8080".to_owned()
            )
        );
        let hosted = split("https://mindroom.example").unwrap();
        assert_eq!(
            hosted,
            (
                "https://api.mindroom.example".to_owned(),
                "mindroom.example".to_owned()
            )
        );
        assert!(split("mindroom.example").is_err());
        assert!(split("ftp://mindroom.example").is_err());
    }
}

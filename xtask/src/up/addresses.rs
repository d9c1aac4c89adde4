//! Public addresses: one port, one host per part of `mindroom.localhost`.

use url::Url;

use anyhow::Result;

/// Browsers resolve it and every host below it to this machine.
const DOMAIN: &str = "mindroom.localhost";

/// The public addresses of a run.
#[derive(Clone)]
pub(crate) struct Addresses {
    base: Url,
}

impl Addresses {
    /// Those on this port.
    pub(crate) fn on(port: u16) -> Result<Self> {
        Ok(Self {
            base: Url::parse(&format!("http://{DOMAIN}:{port}"))?,
        })
    }

    /// The domain's own address: what the others are prefixes of.
    pub(crate) fn base(&self) -> String {
        text(&self.base)
    }

    /// The address of a host below the domain.
    pub(crate) fn of(&self, prefix: &str) -> Result<String> {
        let mut url = self.base.clone();
        url.set_host(Some(&format!("{prefix}.{DOMAIN}")))?;
        Ok(text(&url))
    }
}

/// An origin has no slash at its end; [`Url`] writes one.
fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_carry_the_port_unless_it_is_the_usual_one() {
        let addresses = Addresses::on(8080).unwrap();
        assert_eq!(addresses.base(), "http://mindroom.localhost:8080");
        assert_eq!(
            addresses.of("app").unwrap(),
            "http://app.mindroom.localhost:8080"
        );
        assert_eq!(
            Addresses::on(80).unwrap().of("app").unwrap(),
            "http://app.mindroom.localhost"
        );
    }
}

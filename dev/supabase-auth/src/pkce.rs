//! Proof key for code exchange: a client shows the hash of a secret first, and the secret when it wants its session.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::Error;

/// How a challenge is made of its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// By SHA-256, as base64url.
    S256,
    /// It is the secret.
    Plain,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::S256 => "s256",
            Self::Plain => "plain",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::S256, Self::Plain]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
    }
}

/// What a client shows first.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    pub(crate) text: String,
    pub(crate) method: Method,
}

impl Challenge {
    /// The challenge of a request, if it has one.
    pub(crate) fn parse(text: Option<&str>, method: Option<&str>) -> Result<Option<Self>, Error> {
        let given =
            |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
        let (text, method) = match (given(text), given(method)) {
            (None, None) => return Ok(None),
            (Some(text), Some(method)) => (text, method),
            _ => {
                return Err(Error::Invalid(
                    "PKCE flow requires code_challenge_method and code_challenge",
                ));
            }
        };
        if !(43..=128).contains(&text.len()) {
            return Err(Error::Invalid(
                "code challenge has to be between 43 and 128 characters",
            ));
        }
        let is_unreserved =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if !text.bytes().all(is_unreserved) {
            return Err(Error::Invalid(
                "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes",
            ));
        }
        let method = Method::parse(&method).ok_or(Error::Invalid(
            "code challenge method must be s256 or plain",
        ))?;
        Ok(Some(Self { text, method }))
    }

    /// Whether this was made of the secret.
    pub(crate) fn is_of(&self, verifier: &str) -> bool {
        let expected = match self.method {
            Method::S256 => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
            Method::Plain => verifier.to_owned(),
        };
        bool::from(expected.as_bytes().ct_eq(self.text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn a_challenge_knows_its_secret() {
        let s256 = Challenge::parse(Some(CHALLENGE), Some("S256"));
        let s256 = s256.expect("good").expect("given");
        assert!(s256.is_of(VERIFIER));
        assert!(!s256.is_of(CHALLENGE));
        let plain = Challenge::parse(Some(VERIFIER), Some("plain"));
        let plain = plain.expect("good").expect("given");
        assert!(plain.is_of(VERIFIER));
        assert!(!plain.is_of(""));
    }

    #[test]
    fn half_a_challenge_is_refused_and_none_is_fine() {
        assert!(Challenge::parse(None, None).expect("good").is_none());
        assert!(
            Challenge::parse(Some(""), Some(""))
                .expect("good")
                .is_none()
        );
        let long = "x".repeat(129);
        for (text, method) in [
            (Some(CHALLENGE), None),
            (None, Some("s256")),
            (Some("short"), Some("s256")),
            (Some(long.as_str()), Some("s256")),
            (
                Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM"),
                Some("s256"),
            ),
            (Some(CHALLENGE), Some("md5")),
        ] {
            assert!(
                Challenge::parse(text, method).is_err(),
                "{text:?} {method:?}"
            );
        }
    }
}

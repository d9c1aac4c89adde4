//! The API's secret key: a value that cannot be blank and cannot be printed.

use http::HeaderValue;

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// Empty, or nothing but white space or a prefix: whoever knows that could forge with it.
    #[error("the secret is blank")]
    Blank,
    /// White space or a control character inside or around it: a mistake in a file or variable.
    #[error("the secret holds a character that no Stripe secret has")]
    Character,
}

/// Checks what all secrets of Stripe have in common: visible ASCII, with something behind `prefix`.
pub(crate) fn check(text: &str, prefix: &str) -> Result<(), InvalidSecret> {
    let content = text.strip_prefix(prefix).unwrap_or(text);
    if content.trim().is_empty() {
        return Err(InvalidSecret::Blank);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidSecret::Character);
    }
    Ok(())
}

/// A secret (`sk_…`) or restricted (`rk_…`) API key. It has no text form on purpose.
#[derive(Clone)]
pub struct SecretKey {
    authorization: HeaderValue,
    is_live: bool,
}

impl SecretKey {
    /// Takes the key as Stripe shows it.
    pub fn new(text: &str) -> Result<Self, InvalidSecret> {
        check(text, "")?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {text}"))
            .map_err(|_| InvalidSecret::Character)?;
        authorization.set_sensitive(true);
        let is_live = text.starts_with("sk_live_") || text.starts_with("rk_live_");
        Ok(Self {
            authorization,
            is_live,
        })
    }

    /// Whether the key moves real money; an event's `livemode` must say the same.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    pub(crate) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_and_broken_keys_are_refused() {
        for text in ["", " ", "\n", "\t  "] {
            assert_eq!(
                SecretKey::new(text).err(),
                Some(InvalidSecret::Blank),
                "{text:?}"
            );
        }
        for text in ["sk_test_1\n", "sk test", "sk_test_\u{e9}"] {
            assert_eq!(
                SecretKey::new(text).err(),
                Some(InvalidSecret::Character),
                "{text:?}"
            );
        }
    }

    #[test]
    fn live_keys_are_known() {
        assert!(SecretKey::new("rk_live_1").unwrap().is_live());
        assert!(!SecretKey::new("sk_test_1").unwrap().is_live());
    }

    #[test]
    fn the_header_is_marked_sensitive() {
        let header = SecretKey::new("sk_test_1").unwrap().authorization();
        assert_eq!(header, "Bearer sk_test_1");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }
}

//! E-mail addresses as a type: lower case, and of the form that HTML's input field accepts.

use crate::error::Error;

/// A checked address in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(String);

const MAX_BYTES: usize = 255;
const MAX_LABEL_BYTES: usize = 63;

impl Email {
    /// Checks and normalises an address.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Invalid("An email address is required"));
        }
        if !is_address(text) {
            return Err(Error::Invalid(
                "Unable to validate email address: invalid format",
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= MAX_BYTES
        && !local.is_empty()
        && local
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b))
        && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= MAX_LABEL_BYTES
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_to_lower_case() {
        assert_eq!(
            Email::parse("Ada@Example.ORG").expect("valid").as_str(),
            "ada@example.org"
        );
    }

    #[test]
    fn refuses_what_is_no_address() {
        let long = format!("{}@example.org", "x".repeat(250));
        for text in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@-x.org",
            "ada@x..org",
            "a b@x.org",
            "ada@x.org ",
            "a@b@x.org",
            "ada\0@x.org",
            "ada@exämple.org",
            "ada@x.org\n",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        for text in ["a@b", "a.b+c@x-y.example.org", "o'neil@example.org"] {
            assert!(Email::parse(text).is_ok(), "{text:?}");
        }
    }
}

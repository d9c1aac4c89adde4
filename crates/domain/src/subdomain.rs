//! The name under which an instance is reached.

use std::fmt;

use serde::Serialize;

/// Names that the platform uses itself or that would mislead.
const RESERVED: &[&str] = &[
    "admin",
    "api",
    "app",
    "auth",
    "billing",
    "blog",
    "cdn",
    "dashboard",
    "docs",
    "help",
    "mail",
    "matrix",
    "mindroom",
    "ns1",
    "ns2",
    "portal",
    "smtp",
    "staging",
    "static",
    "status",
    "stripe",
    "support",
    "webhooks",
    "www",
];

/// Shortest and longest name, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=40;

/// A name that may be an instance's: 3 to 40 of `a-z`, `0-9` and `-`, no hyphen at an end, not reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Subdomain(String);

/// Why a name may not be an instance's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubdomain {
    /// Too short or too long.
    #[error("must have 3 to 40 characters")]
    Length,
    /// Something other than `a-z`, `0-9`, `-`.
    #[error("may have lower-case letters, digits and hyphens only")]
    Characters,
    /// A hyphen first or last.
    #[error("may not begin or end with a hyphen")]
    Hyphen,
    /// A name of the platform, or a punycode label.
    #[error("is reserved")]
    Reserved,
}

impl Subdomain {
    /// Checks a name.
    pub fn new(text: &str) -> Result<Self, InvalidSubdomain> {
        if !text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(InvalidSubdomain::Characters);
        }
        if !LENGTH.contains(&text.len()) {
            return Err(InvalidSubdomain::Length);
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(InvalidSubdomain::Hyphen);
        }
        if RESERVED.contains(&text) || text.starts_with("xn--") {
            return Err(InvalidSubdomain::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subdomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name made from an e-mail address, with `tail` (a few letters of the account's id) so that two accounts
/// with the same local part do not meet.
pub fn suggest_subdomain(email: &str, tail: &str) -> Subdomain {
    let local = email
        .split('@')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut slug = String::new();
    for letter in local.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == 24 {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    let name = if slug.is_empty() {
        format!("room-{tail}")
    } else {
        format!("{slug}-{tail}")
    };
    Subdomain::new(&name).unwrap_or_else(|_| Subdomain(format!("room-{tail}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(Subdomain::new("acme").is_ok());
        assert!(Subdomain::new("a-1").is_ok());
        assert_eq!(Subdomain::new("ab"), Err(InvalidSubdomain::Length));
        assert_eq!(
            Subdomain::new(&"a".repeat(41)),
            Err(InvalidSubdomain::Length)
        );
        assert_eq!(Subdomain::new("Acme"), Err(InvalidSubdomain::Characters));
        assert_eq!(Subdomain::new("a.b"), Err(InvalidSubdomain::Characters));
        assert_eq!(Subdomain::new("-acme"), Err(InvalidSubdomain::Hyphen));
        assert_eq!(Subdomain::new("acme-"), Err(InvalidSubdomain::Hyphen));
        assert_eq!(Subdomain::new("api"), Err(InvalidSubdomain::Reserved));
        assert_eq!(Subdomain::new("xn--abc"), Err(InvalidSubdomain::Reserved));
    }

    #[test]
    fn suggestions_are_valid_whatever_the_address() {
        for email in [
            "ann.lee@example.com",
            "@x",
            "ünï@x",
            "----@x",
            "xn--@x",
            "a@x",
            "a".repeat(90).as_str(),
        ] {
            let name = suggest_subdomain(email, "1a2b");
            assert!(Subdomain::new(name.as_str()).is_ok(), "{email}: {name}");
        }
        assert_eq!(
            suggest_subdomain("Ann.Lee@example.com", "1a2b").as_str(),
            "ann-lee-1a2b"
        );
    }
}

//! Keys of machines.

use sha2::{Digest, Sha256};

use crate::caller::SystemCaller;

/// What a machine may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Commands on instances of any account.
    Provision,
    /// Health checks.
    Health,
    /// Retention and reconciliation.
    Maintenance,
    /// Figures.
    Metrics,
}

impl Scope {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Health => "health",
            Self::Maintenance => "maintenance",
            Self::Metrics => "metrics",
        }
    }
}

/// A key as a machine shows it. Has no text of its own, so that it cannot be logged.
pub struct MachineKey<'a>(&'a str);

impl<'a> MachineKey<'a> {
    /// Shortest and longest key that is looked at, in bytes.
    const LENGTH: std::ops::RangeInclusive<usize> = 16..=256;

    /// Takes a bearer value; none when it cannot be a key.
    pub fn new(text: &'a str) -> Option<Self> {
        Self::LENGTH.contains(&text.len()).then_some(Self(text))
    }

    /// The caller whose key this claims to be.
    pub fn caller(&self) -> SystemCaller {
        SystemCaller::new(Sha256::digest(self.0.as_bytes()).into())
    }
}

//! Callers. A query on an account's rows takes one of these, and only a verified proof makes one.

use uuid::Uuid;

use crate::token::Claims;

/// Somebody signed in. Whether the account is active is checked by the database in the same statement as the
/// work, on every request.
#[derive(Debug, Clone)]
pub struct AccountCaller {
    subject: Uuid,
    email: String,
    issued_at: i64,
    full_name: Option<String>,
}

impl AccountCaller {
    pub(crate) fn new(claims: &Claims) -> Self {
        Self {
            subject: claims.sub,
            email: claims.email.clone(),
            issued_at: claims.iat,
            full_name: claims.user_metadata.full_name.clone(),
        }
    }

    /// The auth user's id, which is the account's.
    pub fn subject(&self) -> Uuid {
        self.subject
    }

    /// The address that the auth service vouches for.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// When it did so, in Unix seconds: of two addresses the newer one holds.
    pub fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// What the person calls itself; never used to decide anything.
    pub fn full_name(&self) -> Option<&str> {
        self.full_name.as_deref()
    }
}

/// Somebody signed in who asks for an admin's route. That the account is an admin's is what the database says,
/// in the same statement as the work, never the token.
#[derive(Debug, Clone)]
pub struct AdminCaller(AccountCaller);

impl AdminCaller {
    /// Asks as an admin.
    pub fn new(account: AccountCaller) -> Self {
        Self(account)
    }

    /// The account behind it.
    pub fn account(&self) -> &AccountCaller {
        &self.0
    }
}

/// A machine that showed a key. Whether the key is live and has the scope is checked by the database in the same
/// statement as the work.
#[derive(Debug, Clone)]
pub struct SystemCaller {
    key_sha256: [u8; 32],
}

impl SystemCaller {
    pub(crate) fn new(key_sha256: [u8; 32]) -> Self {
        Self { key_sha256 }
    }

    /// SHA-256 of the key, as it is stored.
    pub fn key_sha256(&self) -> &[u8; 32] {
        &self.key_sha256
    }
}

//! Passwords: what is accepted, and Argon2id off the async threads with a bound on how many at once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::error::Error;

const MIN_CHARACTERS: usize = 6;
const MAX_BYTES: usize = 72;
/// How long a request waits for its turn to hash before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// OWASP's first choice for Argon2id: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    argon2: Argon2<'static>,
    /// A hash that no password matches, checked when there is none, so that an unknown address
    /// takes as long as a known one.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).context("Argon2 parameters")?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon2
            .hash_password(&rand::random::<[u8; 32]>())
            .context("hash")?
            .to_string();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            turns: Arc::new(Semaphore::new(cores)),
            argon2,
            decoy,
        })
    }

    /// Hashes a password that [`check`] has accepted.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Error> {
        let argon2 = self.argon2.clone();
        self.in_turn(move || {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
        })
        .await?
        .map_err(internal)
    }

    /// Whether the password is the one behind `hash`; as slow without a hash as with one.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        // None longer was ever accepted, and the work is bounded.
        let possible = hash.is_some() && password.len() <= MAX_BYTES;
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let argon2 = self.argon2.clone();
        let outcome = self
            .in_turn(move || {
                let bytes = &password.as_bytes()[..password.len().min(MAX_BYTES)];
                let hash = PasswordHash::new(&hash).map_err(|_| HashError::EncodingInvalid)?;
                argon2.verify_password(bytes, &hash)
            })
            .await?;
        match outcome {
            Ok(()) => Ok(possible),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(error) => Err(internal(error)),
        }
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| Error::RateLimit)?
            .map_err(|closed| Error::Internal(closed.into()))?;
        tokio::task::spawn_blocking(move || {
            // Held by the work itself: it goes on when the request that asked for it is gone.
            let _turn = turn;
            work()
        })
        .await
        .map_err(|panic| Error::Internal(panic.into()))
    }
}

fn internal(error: HashError) -> Error {
    Error::Internal(anyhow::Error::new(error).context("hash a password"))
}

/// Refuses a password that is too short or too long to be a new one.
pub(crate) fn check(password: &str) -> Result<(), Error> {
    if password.len() > MAX_BYTES {
        return Err(Error::Invalid(
            "Password cannot be longer than 72 characters",
        ));
    }
    if password.chars().count() < MIN_CHARACTERS {
        return Err(Error::WeakPassword);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_six_characters_to_72_bytes() {
        for accepted in ["123456", &"x".repeat(72), "pässwö"] {
            assert!(check(accepted).is_ok(), "{accepted}");
        }
        assert!(matches!(check("12345"), Err(Error::WeakPassword)));
        assert!(matches!(check(&"x".repeat(73)), Err(Error::Invalid(_))));
        assert!(matches!(check(&"ö".repeat(37)), Err(Error::Invalid(_))));
    }

    #[tokio::test]
    async fn verifies_only_the_password_itself() {
        let passwords = Passwords::new().expect("new");
        let hash = passwords
            .hash("correct horse".to_owned())
            .await
            .expect("hash");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let verify = async |password: &str, hash: Option<&String>| {
            passwords
                .verify(password.to_owned(), hash.cloned())
                .await
                .expect("verify")
        };
        assert!(verify("correct horse", Some(&hash)).await);
        assert!(!verify("correct horsf", Some(&hash)).await);
        assert!(!verify("", Some(&hash)).await);
        assert!(!verify("correct horse", None).await);
    }

    #[tokio::test]
    async fn a_longer_password_is_never_its_beginning() {
        let passwords = Passwords::new().expect("new");
        let longest = "x".repeat(MAX_BYTES);
        let hash = passwords.hash(longest.clone()).await.expect("hash");
        let longer = format!("{longest}y");
        assert!(
            !passwords
                .verify(longer, Some(hash.clone()))
                .await
                .expect("verify")
        );
        assert!(passwords.verify(longest, Some(hash)).await.expect("verify"));
    }
}

//! What every request shares.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context;

use crate::config::Config;
use crate::db::Database;
use crate::keys::SigningKey;
use crate::limits::Limits;
use crate::passwords::Passwords;
use crate::token::Tokens;

/// Cheap to clone; one per process.
#[derive(Clone)]
pub(crate) struct State(Arc<Inner>);

/// The parts; reached through [`State`].
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) database: Database,
    pub(crate) passwords: Passwords,
    pub(crate) tokens: Tokens,
    pub(crate) limits: Limits,
}

impl State {
    /// Prepares everything; the database is reached on the first request, and again after each loss.
    pub(crate) fn new(config: Config) -> anyhow::Result<Self> {
        let key = SigningKey::load_or_make(&config.key_file)
            .with_context(|| format!("signing key {}", config.key_file.display()))?;
        let database = Database::new(&config.database_url).context("DATABASE_URL")?;
        let mut accepted = Vec::new();
        for path in &config.accept_key_files {
            let key = SigningKey::load(path);
            accepted.push(key.with_context(|| format!("accepted key {}", path.display()))?);
        }
        let tokens = Tokens::new(
            key,
            &accepted,
            config.issuer(),
            config.policy.token_lifetime,
        );
        let limits = Limits::new(config.policy.rate_limits);
        let passwords = Passwords::new().context("prepare password hashing")?;
        Ok(Self(Arc::new(Inner {
            config,
            database,
            passwords,
            tokens,
            limits,
        })))
    }
}

impl Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

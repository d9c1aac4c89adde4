//! The tables of schema `auth`, one module each. Every request does its work in one transaction.

pub(crate) mod flow_states;
pub(crate) mod identities;
pub(crate) mod one_time_tokens;
pub(crate) mod outbox;
pub(crate) mod refresh_tokens;
pub(crate) mod sessions;
pub(crate) mod users;

use std::time::{Duration, SystemTime};

use anyhow::Context;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio_postgres::{NoTls, Row};

use crate::error::Error;

/// The open transaction of one request.
pub(crate) type Tx<'a> = deadpool_postgres::Transaction<'a>;

const CONNECTIONS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(5);
/// Limits of every session, in milliseconds: nothing here takes long, and a lock that does is a bug.
const SESSION_OPTIONS: &str = "-c statement_timeout=10000 -c lock_timeout=5000 \
                               -c idle_in_transaction_session_timeout=15000";

const SCHEMA: &str = include_str!("schema.sql");

/// The pool. A connection that died is replaced when it is next asked for.
pub(crate) struct Database {
    pool: Pool,
    /// Set once the service's own tables are there.
    is_prepared: OnceCell<()>,
}

impl Database {
    /// Prepares the pool for a connection string; connects to nothing yet.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        let mut settings: tokio_postgres::Config = url.parse().context("parse")?;
        let options = match settings.get_options() {
            Some(theirs) => format!("{SESSION_OPTIONS} {theirs}"),
            None => SESSION_OPTIONS.to_owned(),
        };
        settings
            .options(options)
            .application_name("dev-supabase-auth")
            .connect_timeout(PATIENCE);
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Verified,
        };
        let pool = Pool::builder(Manager::from_config(settings, NoTls, recycling))
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build()
            .context("build the pool")?;
        Ok(Self {
            pool,
            is_prepared: OnceCell::new(),
        })
    }

    /// A connection, to begin a transaction on.
    pub(crate) async fn client(&self) -> Result<deadpool_postgres::Client, Error> {
        let client = self.pool.get().await?;
        // By whoever is first; when it fails, by the next.
        let prepare = || client.batch_execute(SCHEMA);
        if let Err(error) = self.is_prepared.get_or_try_init(prepare).await {
            // It may have failed inside its transaction: not a connection to use again.
            drop(deadpool_postgres::Object::take(client));
            return Err(error.into());
        }
        Ok(client)
    }
}

/// A `timestamptz` column.
fn time(row: &Row, column: &str) -> Result<Timestamp, Error> {
    from_system(row.try_get(column)?)
}

/// A `timestamptz` column that may be null.
fn time_or_none(row: &Row, column: &str) -> Result<Option<Timestamp>, Error> {
    row.try_get::<_, Option<SystemTime>>(column)?
        .map(from_system)
        .transpose()
}

fn from_system(time: SystemTime) -> Result<Timestamp, Error> {
    Timestamp::try_from(time)
        .map_err(|error| Error::Internal(anyhow::Error::new(error).context("read a time")))
}

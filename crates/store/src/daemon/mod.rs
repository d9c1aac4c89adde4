//! Every SQL statement of the provisioner daemon, over a pool of tokio-postgres connections.
//!
//! Writes go through the functions of schema `prov`, which check job and fence. A lost lease is a value
//! ([`Fenced::Stale`]), not an error: whoever gets it stops working.

pub mod chores;
pub mod cluster_objects;
pub mod departures;
pub mod instance_databases;
pub mod instances;
pub mod jobs;
pub mod operators;
pub mod stripe;
pub mod stripe_catch_up;
pub mod usage;

use std::time::Duration;

use crate::native::{Address, AddressError};
use deadpool_postgres::{ManagerConfig, RecyclingMethod, Runtime, Timeouts};

/// How long a caller waits for a connection before it gets [`Error::Pool`].
const POOL_WAIT: Duration = Duration::from_secs(5);

/// Why a statement did not work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection could be had.
    #[error("no connection to the database")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The server refused, or the connection broke.
    #[error("the database refused")]
    Statement(#[from] tokio_postgres::Error),
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// What goes in or comes out is not in the agreed form.
    #[error("not in the agreed form")]
    Form(#[from] serde_json::Error),
    /// The pool could not be built.
    #[error("the pool cannot be built")]
    Build(#[from] deadpool_postgres::BuildError),
}

/// The database's address, with a bound on how long a network that says nothing is believed in.
pub fn bounded_address(url: &str, name: &str) -> Result<Address, Error> {
    let mut address = Address::parse(url)?;
    address
        .config_mut()
        .application_name(name)
        .connect_timeout(POOL_WAIT)
        .keepalives_idle(Duration::from_secs(10))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(2)
        .tcp_user_timeout(Duration::from_secs(10));
    Ok(address)
}

/// A pool of connections as the daemon's role.
#[derive(Clone)]
pub struct Db {
    pool: deadpool_postgres::Pool,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").finish_non_exhaustive()
    }
}

impl Db {
    /// A pool of at most `size` connections to `url`; connects when first used.
    pub fn new(url: &str, size: usize) -> Result<Self, Error> {
        let address = bounded_address(url, "provisioner-daemon")?;
        let (config, tls) = address.into_parts();
        let manager = deadpool_postgres::Manager::from_config(
            config,
            tls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(size)
            .timeouts(Timeouts {
                wait: Some(POOL_WAIT),
                create: Some(POOL_WAIT),
                recycle: Some(POOL_WAIT),
            })
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    async fn get(&self) -> Result<deadpool_postgres::Client, Error> {
        Ok(self.pool.get().await?)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.get().await?.simple_query("select 1").await?;
        Ok(())
    }
}

/// What names a claim: the job and the fence that it was claimed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The job.
    pub job: i64,
    /// Its fence.
    pub fence: i64,
}

/// Whether a fenced write took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Fenced {
    /// It did.
    Written,
    /// The claim is lost; nothing was changed.
    Stale,
}

impl Fenced {
    fn of(written: bool) -> Self {
        if written { Self::Written } else { Self::Stale }
    }
}

//! The connection pool and the tables.

use std::time::Duration;

use anyhow::Context;
use deadpool_postgres::Manager;
use deadpool_postgres::ManagerConfig;
use deadpool_postgres::Pool;
use deadpool_postgres::RecyclingMethod;
use deadpool_postgres::Runtime;
use tokio_postgres::Config;
use tokio_postgres::NoTls;

use crate::resources::portal_configurations;
use crate::resources::webhook_endpoints;
use crate::settings::Settings;
use crate::work::Work;

const MAX_CONNECTIONS: usize = 8;
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(5);
/// A database that is just starting is waited for, one that is not there is an error.
const START_ATTEMPTS: u32 = 30;
const START_PAUSE: Duration = Duration::from_secs(1);
/// One start at a time makes the tables (any number that nobody else uses).
const SCHEMA_LOCK: i64 = 0x0073_7472_6970_6501;

/// Makes the pool; connections are opened when they are needed.
pub(crate) fn pool(url: &str) -> anyhow::Result<Pool> {
    let mut config: Config = url.parse().context("read DATABASE_URL")?;
    config
        .application_name("dev-stripe")
        .connect_timeout(WAIT_FOR_CONNECTION);
    config.options("-c statement_timeout=10s -c idle_in_transaction_session_timeout=30s");
    let method = ManagerConfig {
        recycling_method: RecyclingMethod::Verified,
    };
    Pool::builder(Manager::from_config(config, NoTls, method))
        .max_size(MAX_CONNECTIONS)
        .wait_timeout(Some(WAIT_FOR_CONNECTION))
        .create_timeout(Some(WAIT_FOR_CONNECTION))
        .recycle_timeout(Some(WAIT_FOR_CONNECTION))
        .runtime(Runtime::Tokio1)
        .build()
        .context("make the connection pool")
}

/// Makes the tables, and waits for a database that is just starting.
pub(crate) async fn prepare(pool: &Pool) -> anyhow::Result<()> {
    let mut attempt = 1;
    loop {
        match create_tables(pool).await {
            Ok(()) => return Ok(()),
            Err(error) if attempt == START_ATTEMPTS => return Err(error),
            Err(error) => {
                tracing::warn!(
                    attempt,
                    error = format!("{error:#}"),
                    "database is not ready"
                );
            }
        }
        attempt += 1;
        tokio::time::sleep(START_PAUSE).await;
    }
}

/// Puts in what is there from the start: the portal's default, and the endpoint of the command line (its address
/// and secret).
pub(crate) async fn furnish(
    pool: &Pool,
    settings: &Settings,
    (url, secret): (&str, &str),
) -> anyhow::Result<()> {
    let mut client = pool.get().await.context("connect to the database")?;
    let work = Work::begin_alone(&mut client, settings).await?;
    portal_configurations::ensure_default(&work).await?;
    webhook_endpoints::ensure_default(&work, url, secret).await?;
    work.commit().await.context("furnish the database")
}

async fn create_tables(pool: &Pool) -> anyhow::Result<()> {
    let mut client = pool.get().await.context("connect to the database")?;
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])
        .await?;
    transaction
        .batch_execute(include_str!("schema.sql"))
        .await
        .context("make the tables")?;
    transaction.commit().await.context("make the tables")
}

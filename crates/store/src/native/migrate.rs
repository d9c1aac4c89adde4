//! Bringing a database to the present schema.

use tokio_postgres::Client;

use super::address::{Address, AddressError};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Any number, the same in every version: two migrations at once wait for each other here.
const LOCK: i64 = 0x6d69_6e64_726f_6f6d;

/// Why a database could not be brought to the present schema.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Its address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It cannot be reached, or refuses.
    #[error("talk to the database")]
    Database(#[from] tokio_postgres::Error),
    /// A migration failed, or one that ran was changed afterwards.
    #[error("run the migrations")]
    Migrations(#[from] refinery::Error),
}

/// Runs what is missing of the migrations, as the owner. Safe to run again, also after a run that was killed,
/// and by several at once: each migration is a transaction with its entry in the history, and the lock goes
/// with the connection.
pub async fn run_migrations(owner: &mut Client) -> Result<(), MigrateError> {
    owner
        .execute("select pg_advisory_lock($1)", &[&LOCK])
        .await?;
    let outcome = embedded::migrations::runner().run_async(owner).await;
    let unlocked = owner
        .execute("select pg_advisory_unlock($1)", &[&LOCK])
        .await;
    // The migrations' own error says more than that the connection is gone.
    outcome?;
    unlocked?;
    Ok(())
}

/// Makes a private PostgreSQL on one machine what a Supabase project is, migrates it, and lets the local
/// gateway in. `owner_url` is a superuser's. Safe to run again and by several at once.
pub async fn prepare_database(owner_url: &str) -> Result<(), MigrateError> {
    let (mut owner, connection) = Address::parse(owner_url)?.connect().await?;
    // Ends by itself when the client is dropped; its errors come back through the client.
    let driver = tokio::spawn(connection);
    // Until the connection ends: what comes before and after the migrations changes what they change.
    owner
        .execute("select pg_advisory_lock($1)", &[&LOCK])
        .await?;
    owner
        .batch_execute(include_str!("../../bootstrap/supabase.sql"))
        .await?;
    run_migrations(&mut owner).await?;
    owner
        .batch_execute(include_str!("../../bootstrap/local.sql"))
        .await?;
    drop(owner);
    let _ = driver.await;
    Ok(())
}

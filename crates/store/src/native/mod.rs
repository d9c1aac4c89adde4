//! The native side: migrations and the tokio-postgres implementation of [`Database`](crate::Database).

mod client;
mod migrate;

pub use migrate::{MigrateError, prepare_database, run_migrations};

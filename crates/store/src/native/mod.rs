//! The native side: addresses and TLS, migrations, and the tokio-postgres implementation of
//! [`Database`](crate::Database).

mod address;
mod client;
mod migrate;

pub use address::{Address, AddressError, Connection};
pub use migrate::{MigrateError, prepare_database, run_migrations};

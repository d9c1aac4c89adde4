//! A private PostgreSQL for tests: started by the process that needs it, on a free port of loopback, gone with
//! that process however it ends. It can be stopped, filled up and started again.
//!
//! ```ignore
//! let database = test_postgres::Server::shared().database().await;
//! let client = database.owner().await;
//! ```

#![expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "a test that cannot have its database says so by panicking"
)]

mod database;
mod disk;
mod programs;
mod server;

pub use database::Database;
pub use disk::Filler;
pub use server::{Data, Options, Server, Stop, free_port};

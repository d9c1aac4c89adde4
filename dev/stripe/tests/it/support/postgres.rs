//! A database for each test, of the server that all tests of this process share.

use test_postgres::Server;
use tokio_postgres::Client;

/// A database of one test.
#[derive(Clone)]
pub(crate) struct Database {
    inner: test_postgres::Database,
    /// The connection string.
    pub(crate) url: String,
}

impl Database {
    /// Makes an empty one.
    pub(crate) async fn new() -> Self {
        let inner = Server::shared().database().await;
        let url = inner.owner_url();
        Self { inner, url }
    }

    pub(crate) async fn connect(&self) -> Client {
        self.inner.owner().await
    }
}

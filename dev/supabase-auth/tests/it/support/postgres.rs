//! A database for each test, bootstrapped as Supabase's is.

use test_postgres::{Options, Server, Stop};
use tokio_postgres::Client;

const BOOTSTRAP: &str = include_str!("../../../../../crates/store/bootstrap/supabase.sql");

/// A server for one test alone.
pub(crate) struct Cluster(Server);

/// A database of one test.
pub(crate) struct Database(test_postgres::Database);

impl Cluster {
    pub(crate) fn start() -> Self {
        Self(Server::start(Options::default()))
    }

    /// Stops the server at once, as when its machine goes away.
    pub(crate) fn stop(&self) {
        self.0.stop(Stop::Immediate);
    }

    /// Starts the stopped server again.
    pub(crate) fn resume(&self) {
        self.0.resume();
    }

    /// Makes an empty database.
    pub(crate) async fn empty_database(&self) -> Database {
        Database(self.0.database().await)
    }

    /// Makes a database that holds what Supabase's would.
    pub(crate) async fn database(&self) -> Database {
        bootstrapped(&self.0).await
    }
}

async fn bootstrapped(server: &Server) -> Database {
    let database = Database(server.database().await);
    database.bootstrap().await.expect("bootstrap");
    database
}

impl Database {
    /// Makes one on the server that all tests of this process share.
    pub(crate) async fn new() -> Self {
        bootstrapped(Server::shared()).await
    }

    /// The connection string of a role.
    pub(crate) fn url(&self, role: &str) -> String {
        self.0.url(role)
    }

    /// A connection that may do anything.
    pub(crate) async fn superuser(&self) -> Client {
        self.0.owner().await
    }

    /// Runs one statement as superuser.
    pub(crate) async fn execute(&self, statement: &str) {
        self.superuser()
            .await
            .batch_execute(statement)
            .await
            .expect("statement");
    }

    /// Runs the bootstrap.
    pub(crate) async fn bootstrap(&self) -> Result<(), tokio_postgres::Error> {
        self.superuser().await.batch_execute(BOOTSTRAP).await
    }
}

//! A database of the queue on a PostgreSQL that waits for its disk, and a job that does nothing.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use provisioner_daemon::runner::{Handler, JobContext, JobError, Outcome, Runner, Settings};
use store::daemon::Db;
use store::native::prepare_database;
use test_postgres::{Data, Database, Options, Server};
use tokio_postgres::Client;
use tokio_postgres::types::FromSql;

/// As `up` gives its own (docs/database.md).
const SETTINGS: [(&str, &str); 3] = [
    ("fsync", "on"),
    ("max_connections", "400"),
    ("shared_buffers", "128MB"),
];
/// Connections of a runner, as the daemon has them.
pub(crate) const CONNECTIONS: usize = 6;
/// The made-up job's kind.
pub(crate) const KIND: &str = "noop";

/// One database.
pub(crate) struct World {
    /// As superuser.
    pub(crate) owner: Client,
    pub(crate) database: Database,
    _server: Server,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start(Options {
            settings: &SETTINGS,
            data: Data::Files,
        });
        let database = server.database().await;
        prepare_database(&database.owner_url()).await.unwrap();
        let owner = database.owner().await;
        // Several daemons of one machine, and the load; and no clock that puts jobs in which nothing here does.
        owner
            .batch_execute(
                "alter role mindroom_daemon connection limit -1; delete from prov.schedule",
            )
            .await
            .unwrap();
        Self {
            owner,
            database,
            _server: server,
        }
    }

    /// The daemon's address of the database.
    pub(crate) fn url(&self) -> String {
        self.database.url("mindroom_daemon")
    }

    /// Connections as the daemon's role.
    pub(crate) fn pool(&self, size: usize) -> Db {
        Db::new(&self.url(), size).unwrap()
    }

    /// A runner with one made-up job.
    pub(crate) fn start(&self, handler: impl Handler, settings: Settings) -> Runner {
        start(&self.url(), handler, settings)
    }

    /// Puts so many jobs into the queue, each with a lane of its own.
    pub(crate) async fn fill(&self, jobs: u64) {
        self.run(&format!(
            "select count(prov.enqueue('lane' || n, null, '{KIND}', 'm', 1)) from generate_series(1, {jobs}) n"
        ))
        .await;
    }

    /// Waits until nothing is left in the queue.
    pub(crate) async fn drained(&self) {
        while self
            .ask::<bool>("select exists (select from prov.jobs)")
            .await
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn run(&self, statements: &str) {
        self.owner.batch_execute(statements).await.unwrap();
    }

    /// The only value that a query answers.
    pub(crate) async fn ask<T: for<'a> FromSql<'a>>(&self, query: &str) -> T {
        self.owner.query_one(query, &[]).await.unwrap().get(0)
    }
}

/// A runner with one made-up job.
pub(crate) fn start(url: &str, handler: impl Handler, settings: Settings) -> Runner {
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(handler)];
    let db = Db::new(url, CONNECTIONS).unwrap();
    Runner::start(db, url, handlers, settings).unwrap()
}

/// Does nothing.
pub(crate) struct Noop;

impl Handler for Noop {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn run<'a>(&'a self, _: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async { Ok(Outcome::Done) }.boxed()
    }
}

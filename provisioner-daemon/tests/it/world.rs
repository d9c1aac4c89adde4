//! A database per test, with an account, and short ways to ask it.

use std::time::{Duration, Instant};

use store::daemon::Db;
use store::daemon::jobs::{self, Job, Wanted};
use store::native::prepare_database;
use test_postgres::{Database, Server};
use tokio::sync::OnceCell;
use tokio_postgres::Client;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

/// Longest time that anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
pub(crate) const ACCOUNT: Uuid = Uuid::from_u128(1);
/// Ends the sessions of all daemons.
pub(crate) const END_SESSIONS: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
     where usename = 'mindroom_daemon' and datname = current_database()";

/// One test's database.
pub(crate) struct World {
    pub(crate) db: Db,
    /// As superuser.
    pub(crate) sql: Client,
    pub(crate) database: Database,
}

impl World {
    /// On the server that the tests share.
    pub(crate) async fn new() -> Self {
        static TEMPLATE: OnceCell<Database> = OnceCell::const_new();
        let template = TEMPLATE.get_or_init(|| prepared(Server::shared())).await;
        Self::of(Server::shared().copy_of(template.name()).await).await
    }

    /// On a server of the test's own, which may be stopped.
    pub(crate) async fn on(server: &Server) -> Self {
        Self::of(prepared(server).await).await
    }

    /// In a database that has the tables.
    pub(crate) async fn of(database: Database) -> Self {
        let world = Self {
            db: Db::new(&database.url("mindroom_daemon"), 8).unwrap(),
            sql: database.owner().await,
            database,
        };
        world.account(ACCOUNT, "ann@example.com", "cus_ann").await;
        world
    }

    /// The daemon's address of this database.
    pub(crate) fn daemon_url(&self) -> String {
        self.database.url("mindroom_daemon")
    }

    /// Connects the superuser anew, after the server was gone.
    pub(crate) async fn reconnect(&mut self) {
        self.sql = self.database.owner().await;
    }

    /// A second connection as another role.
    pub(crate) async fn connect_as(&self, role: &str) -> Client {
        self.database.connect(role).await
    }

    pub(crate) async fn account(&self, id: Uuid, email: &str, customer: &str) {
        self.sql
            .execute(
                "insert into accounts (id, email, stripe_customer_id) values ($1, $2, $3)",
                &[&id, &email, &customer],
            )
            .await
            .unwrap();
    }

    /// An instance of an account, wished to run, without a job.
    pub(crate) async fn instance(&self, account: Uuid, subdomain: &str) -> Uuid {
        let row = self
            .sql
            .query_one(
                "with s as (insert into subscriptions (account_id, tier, status, max_agents, \
                   max_messages_per_day, max_storage_gb) values ($1, 'hobby', 'active', 1, 1, 1) returning id) \
                 insert into instances (account_id, subscription_id, subdomain, name, tier) \
                 select $1, s.id, $2, 'Test', 'hobby' from s returning id",
                &[&account, &subdomain],
            )
            .await
            .unwrap();
        row.get(0)
    }

    /// A snapshot that has seen the queue; no dead row of it can be cleared away until it is committed or dropped.
    pub(crate) async fn hold_snapshot(&self) -> Client {
        let reader = self.connect_as("postgres").await;
        reader
            .batch_execute("begin isolation level repeatable read; select count(*) from prov.jobs")
            .await
            .unwrap();
        reader
    }

    /// Changes an instance's wish and enqueues its job, both or neither, as a command does.
    pub(crate) async fn wish(&self, instance: Uuid, change: &str) {
        self.run(&format!(
            "do $$ begin update instances set {change}, desired_gen = desired_gen + 1 where id = '{instance}'; \
             perform prov.enqueue_instance('{instance}'); end $$; select prov.ring(0)"
        ))
        .await;
    }

    /// Waits until an instance is as it was last wished and nothing is left to do.
    pub(crate) async fn until_settled(&self, instance: Uuid, status: &str) {
        self.until(&format!(
            "select status = '{status}' and observed_gen = desired_gen from instances \
             where id = '{instance}' and not exists (select 1 from prov.jobs)"
        ))
        .await;
    }

    /// Lets all leases run out at once: what would take as long as a lease holds.
    pub(crate) async fn expire_leases(&self) {
        self.run(
            "update prov.jobs set lease_until = now() - interval '1 s' where state = 'running'",
        )
        .await;
    }

    /// A job of a made-up kind.
    pub(crate) async fn enqueue(
        &self,
        lane: &str,
        tenant: Option<Uuid>,
        kind: &str,
        generation: i64,
    ) -> i64 {
        let row = self
            .sql
            .query_one(
                "select prov.enqueue($1, $2, $3, 'm', $4)",
                &[&lane, &tenant, &kind, &generation],
            )
            .await
            .unwrap();
        row.get(0)
    }

    pub(crate) async fn claim(&self, count: i32, kinds: &[&'static str]) -> Vec<Job> {
        jobs::claim(&self.db, wanted(count, kinds)).await.unwrap()
    }

    pub(crate) async fn run(&self, statement: &str) {
        self.sql.batch_execute(statement).await.unwrap();
    }

    /// Has daemons find a database that takes no writes, or one that does again, until a condition shows it. Sessions
    /// that are older than the change are ended again and again: one that was just being let in has the old setting
    /// and is not listed yet.
    pub(crate) async fn make_read_only(&self, is_read_only: bool, condition: impl Fn() -> bool) {
        let name = self.database.name();
        self.run(&format!(
            "alter role mindroom_daemon in database {name} set default_transaction_read_only = {is_read_only}"
        ))
        .await;
        let changed: String = self.ask("select clock_timestamp()::text").await;
        let end_older = format!("{END_SESSIONS} and backend_start < '{changed}'");
        let began = Instant::now();
        while !condition() {
            assert!(
                began.elapsed() < PATIENCE,
                "read-only {is_read_only} is not seen"
            );
            self.run(&end_older).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The only value that a query answers.
    pub(crate) async fn ask<T: for<'a> FromSql<'a>>(&self, query: &str) -> T {
        self.sql.query_one(query, &[]).await.unwrap().get(0)
    }

    /// Waits until a query answers true.
    pub(crate) async fn until(&self, condition: &str) {
        self.until_for(condition, PATIENCE).await;
    }

    pub(crate) async fn until_for(&self, condition: &str, patience: Duration) {
        let query = format!("select coalesce(({condition}), false)");
        let began = Instant::now();
        while !self.ask::<bool>(&query).await {
            assert!(
                began.elapsed() < patience,
                "still not: {condition}\n{}",
                self.story().await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What a failed test shows.
    pub(crate) async fn story(&self) -> String {
        self.ask(
            "select concat_ws(E'\\n', (select jsonb_agg(j) from prov.jobs j), (select jsonb_agg(h) from \
             prov.job_history h), (select jsonb_agg(i) from instances i), (select jsonb_agg(e) from instance_events e))",
        )
        .await
    }
}

/// A claim of interactive jobs with a lease of 30 s.
pub(crate) fn wanted<'a>(count: i32, kinds: &'a [&'static str]) -> Wanted<'a> {
    Wanted {
        class: 0,
        count,
        tenant_cap: 5,
        worker: Uuid::from_u128(9),
        ttl: Duration::from_secs(30),
        kinds,
        floor: None,
    }
}

/// Bootstrap and all migrations, and the role that instances' databases are made by.
async fn prepared(server: &Server) -> Database {
    let database = server.database().await;
    prepare_database(&database.owner_url()).await.unwrap();
    let owner = database.owner().await;
    owner
        .batch_execute(
            "create role instance_admin login createdb createrole; \
             alter role mindroom_daemon connection limit -1", // one server serves many tests' daemons
        )
        .await
        .unwrap();
    database
}

/// The address of a database of the shared server.
pub(crate) fn url(role: &str, database: &str) -> String {
    Server::shared().named(database).url(role)
}

/// As superuser, on the shared server.
pub(crate) async fn connect(database: &str) -> Client {
    Server::shared().named(database).owner().await
}

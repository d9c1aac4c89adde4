//! A database per test, with an account, and short ways to ask it.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use store::daemon::Db;
use store::daemon::jobs::{self, Job, Wanted};
use tokio::sync::OnceCell;
use tokio_postgres::types::FromSql;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::cluster::cluster;

/// Longest time that anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const ACCOUNT: Uuid = Uuid::from_u128(1);

/// One test's database.
pub(crate) struct World {
    pub(crate) db: Db,
    /// As superuser.
    pub(crate) sql: Client,
    name: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        static TEMPLATE: OnceCell<()> = OnceCell::const_new();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        TEMPLATE.get_or_init(make_template).await;
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        connect("postgres")
            .await
            .batch_execute(&format!(
                "create database {name} template template_mindroom"
            ))
            .await
            .unwrap();
        let world = Self {
            db: Db::new(&url("mindroom_daemon", &name), 8).unwrap(),
            sql: connect(&name).await,
            name,
        };
        world.account(ACCOUNT, "ann@example.com", "cus_ann").await;
        world
    }

    /// The daemon's address of this database.
    pub(crate) fn daemon_url(&self) -> String {
        url("mindroom_daemon", &self.name)
    }

    /// A second connection as another role.
    pub(crate) async fn connect_as(&self, role: &str) -> Client {
        open(&url(role, &self.name)).await
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
    async fn story(&self) -> String {
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
    }
}

pub(crate) fn url(role: &str, database: &str) -> String {
    format!("postgres://{role}@127.0.0.1:{}/{database}", cluster().port)
}

pub(crate) async fn connect(database: &str) -> Client {
    open(&url("postgres", database)).await
}

async fn open(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Bootstrap and all migrations in order, once.
async fn make_template() {
    let admin = connect("postgres").await;
    admin
        .batch_execute("create role instance_admin login createdb createrole")
        .await
        .unwrap();
    admin
        .batch_execute("create database template_mindroom")
        .await
        .unwrap();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/store");
    let mut migrations: Vec<(u32, std::path::PathBuf)> =
        std::fs::read_dir(store.join("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name[1..].split("__").next().unwrap().parse().unwrap(), path)
            })
            .collect();
    migrations.sort();
    let template = connect("template_mindroom").await;
    let files = std::iter::once(store.join("bootstrap/supabase.sql"))
        .chain(migrations.into_iter().map(|(_, path)| path));
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        if let Err(error) = template.batch_execute(&text).await {
            panic!("{}: {error:?}", file.display());
        }
    }
}

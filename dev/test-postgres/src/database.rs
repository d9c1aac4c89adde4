//! A database of one test.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use crate::programs;
use crate::server::Server;

/// The superuser of every server here.
const OWNER: &str = "postgres";
/// How long sessions that were closed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// One database of a server. Everybody is trusted, with any password.
#[derive(Debug, Clone)]
pub struct Database {
    port: u16,
    name: String,
}

impl Server {
    /// Makes an empty database.
    pub async fn database(&self) -> Database {
        self.copy_of("template1").await
    }

    /// Makes a copy of a database, once nobody is connected to it any more.
    pub async fn copy_of(&self, template: &str) -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = self.named(&format!("test_{}_{number}", std::process::id()));
        let owner = self.named(OWNER).owner().await;
        deserted(&owner, template).await;
        let create = format!("create database {} template {template}", database.name);
        owner.batch_execute(&create).await.expect("make a database");
        database
    }

    /// A database that exists, by its name.
    pub fn named(&self, name: &str) -> Database {
        Database {
            port: self.port(),
            name: name.to_owned(),
        }
    }
}

/// A session ends a little after its client has gone.
async fn deserted(owner: &Client, name: &str) {
    let started = Instant::now();
    let connected = "select exists (select from pg_stat_activity where datname = $1)";
    while owner
        .query_one(connected, &[&name])
        .await
        .expect("look")
        .get(0)
    {
        assert!(
            started.elapsed() < PATIENCE,
            "somebody is connected to {name}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address as a role.
    pub fn url(&self, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{}", self.port, self.name)
    }

    /// Its address as the superuser.
    pub fn owner_url(&self) -> String {
        self.url(OWNER)
    }

    /// A connection as the superuser.
    pub async fn owner(&self) -> Client {
        self.connect(OWNER).await
    }

    /// A connection as a role.
    pub async fn connect(&self, role: &str) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(role), NoTls)
            .await
            .expect("connect to the database");
        // Ends by itself when the client is dropped.
        tokio::spawn(connection);
        client
    }

    /// Everything but the rows, as text that two equal databases have in common.
    pub fn schema(&self) -> String {
        let dump = Command::new(programs::folder().join("pg_dump"))
            .args(["--schema-only", "--dbname", &self.owner_url()])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .expect("run pg_dump");
        assert!(dump.status.success(), "pg_dump");
        let text = String::from_utf8_lossy(&dump.stdout);
        // Newer ones put a random word in.
        let lines = text.lines().filter(|line| !line.contains("restrict "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

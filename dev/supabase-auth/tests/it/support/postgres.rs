//! A PostgreSQL of the tests' own, without a port, gone with the process that started it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_postgres::{Client, NoTls};

const BOOTSTRAP: &str = include_str!("../../../../../crates/store/bootstrap/supabase.sql");

/// A running server in a folder of its own.
pub(crate) struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    /// Stops the server and removes the folder when its standard input ends: also when we are killed.
    undertaker: Option<Child>,
}

/// A database of one test, bootstrapped.
pub(crate) struct Database {
    folder: PathBuf,
    name: String,
}

impl Cluster {
    /// The server that all tests of this process share.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server for the caller alone.
    pub(crate) fn start() -> Self {
        let binaries = binaries();
        let made = as_server_user("mktemp")
            .args(["-d", "/tmp/auth-test-XXXXXX"])
            .output()
            .expect("run mktemp");
        let folder = PathBuf::from(String::from_utf8(made.stdout).expect("path").trim());
        let mut undertaker = as_server_user("sh");
        undertaker
            .args([
                "-c",
                r#"trap '' INT TERM; cat; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2""#,
                "sh",
            ])
            .args([&binaries.join("pg_ctl"), &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let undertaker = Some(undertaker.spawn().expect("start the undertaker"));
        let cluster = Self {
            folder,
            binaries,
            undertaker,
        };
        cluster.initialise();
        cluster.resume();
        cluster
    }

    fn initialise(&self) {
        run(as_server_user(self.binaries.join("initdb"))
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
            ])
            .arg(self.folder.join("data")));
    }

    /// Stops the server at once, as when its machine goes away.
    pub(crate) fn stop(&self) {
        run(as_server_user(self.binaries.join("pg_ctl"))
            .args(["-m", "immediate", "-w", "-D"])
            .arg(self.folder.join("data"))
            .arg("stop"));
    }

    /// Starts the stopped server again.
    pub(crate) fn resume(&self) {
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories={} -c fsync=off -c max_connections=200",
            self.folder.display()
        );
        run(as_server_user(self.binaries.join("pg_ctl"))
            .args(["-w", "-o", &settings, "-l"])
            .arg(self.folder.join("log"))
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("start"));
    }

    /// Makes an empty database.
    pub(crate) async fn empty_database(&self) -> Database {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let server = Database {
            folder: self.folder.clone(),
            name: "postgres".to_owned(),
        };
        let statement = format!("create database {name}");
        server
            .superuser()
            .await
            .batch_execute(&statement)
            .await
            .expect("create database");
        Database {
            folder: self.folder.clone(),
            name,
        }
    }

    /// Makes a database that holds what Supabase's would.
    pub(crate) async fn database(&self) -> Database {
        let database = self.empty_database().await;
        database.bootstrap().await.expect("bootstrap");
        database
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut undertaker) = self.undertaker.take() {
            drop(undertaker.stdin.take());
            let _ = undertaker.wait();
        }
    }
}

impl Database {
    /// The connection string of a role.
    pub(crate) fn url(&self, role: &str) -> String {
        format!(
            "host={} user={role} dbname={}",
            self.folder.display(),
            self.name
        )
    }

    /// A connection that may do anything.
    pub(crate) async fn superuser(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), NoTls)
            .await
            .expect("connect");
        tokio::spawn(connection);
        client
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

/// Where the server's programs are: as `pg_config` says, else the newest that Debian installed.
fn binaries() -> PathBuf {
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        let folder = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
        if folder.join("initdb").exists() {
            return folder;
        }
    }
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is not installed")
        .map(|entry| entry.expect("entry").path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is not installed")
}

/// A command as a user that the server accepts: it refuses root.
fn as_server_user(program: impl AsRef<Path>) -> Command {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .expect("run id")
        .stdout
        == b"0\n";
    let mut command = if root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        command.arg(program.as_ref());
        command
    } else {
        Command::new(program.as_ref())
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = output.output().expect("start a program");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

//! A PostgreSQL of the tests' own, without a port, gone with the process that started it.

use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio_postgres::Client;
use tokio_postgres::NoTls;

/// Waits until its input ends, which it does when this process does, also when that is killed.
const UNDERTAKER: &str =
    r#"trap '' INT TERM; cat; "$1" -D "$2/data" -m immediate -w stop; rm -rf "$2""#;

/// A running server in a folder of its own, shared by all tests of this process.
struct Server {
    folder: PathBuf,
    /// Held for its input.
    _undertaker: Child,
}

/// A database of one test.
#[derive(Clone)]
pub(crate) struct Database {
    /// The connection string.
    pub(crate) url: String,
}

impl Database {
    /// Makes an empty one.
    pub(crate) async fn new() -> Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let folder = SERVER.get_or_init(Server::start).folder.display();
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let first = Self {
            url: format!("host={folder} user=postgres dbname=postgres"),
        };
        let create = format!("CREATE DATABASE {name}");
        first
            .connect()
            .await
            .batch_execute(&create)
            .await
            .expect("create a database");
        Self {
            url: format!("host={folder} user=postgres dbname={name}"),
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        let connected = tokio_postgres::connect(&self.url, NoTls).await;
        let (client, connection) = connected.expect("connect to the database");
        tokio::spawn(connection);
        client
    }
}

impl Server {
    fn start() -> Self {
        let binaries = binaries();
        let made = as_server_user("mktemp")
            .args(["-d", "/tmp/stripe-test-XXXXXX"])
            .output();
        let made = String::from_utf8(made.expect("run mktemp").stdout).expect("a path");
        let folder = PathBuf::from(made.trim());
        let mut undertaker = as_server_user("sh");
        undertaker
            .args(["-c", UNDERTAKER, "sh"])
            .args([&binaries.join("pg_ctl"), &folder]);
        undertaker
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let undertaker = undertaker.spawn().expect("start the undertaker");
        let data = folder.join("data");
        run(as_server_user(binaries.join("initdb"))
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
            .arg(&data));
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories={} -c fsync=off -c max_connections=200",
            folder.display()
        );
        run(as_server_user(binaries.join("pg_ctl"))
            .args(["-w", "-o", &settings, "-l"])
            .arg(folder.join("log"))
            .arg("-D")
            .arg(&data)
            .arg("start"));
        Self {
            folder,
            _undertaker: undertaker,
        }
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
    let installed = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed");
    let folders = installed.flatten().map(|entry| entry.path().join("bin"));
    let newest = folders
        .filter(|folder| folder.join("initdb").exists())
        .max();
    newest.expect("PostgreSQL is not installed")
}

/// A command as a user that the server accepts: it refuses root.
fn as_server_user(program: impl AsRef<Path>) -> Command {
    let user = Command::new("id")
        .arg("-u")
        .output()
        .expect("run id")
        .stdout;
    let mut command = if user == b"0\n" {
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
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = command.output().expect("start a program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

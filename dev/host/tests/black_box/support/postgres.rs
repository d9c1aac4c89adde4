//! A PostgreSQL of the tests' own, on a port of loopback, gone with the process that started it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tokio_postgres::{Client, NoTls};

use super::certificate::{self, Certificates};

/// A running server, alone in its folder.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Stops the server and removes its folder when its standard input ends, also by our death.
    undertaker: Option<Child>,
}

const UNDERTAKER: &str =
    r#"trap '' INT TERM; cat; "$1/pg_ctl" -D "$2/data" -m immediate -w stop; rm -rf "$2""#;

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| (String::new(), ())).0
    }

    /// One that offers TLS, with what it shows.
    pub(crate) fn with_tls() -> (Self, Certificates) {
        Self::with(|folder| {
            let certificates = certificate::make(folder);
            let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
            let settings = format!(
                " -c ssl=on -c ssl_cert_file={} -c ssl_key_file={}",
                certificate.display(),
                key.display()
            );
            (settings, certificates)
        })
    }

    /// Starts a server with the settings that `prepare` gives once it has its folder.
    fn with<T>(prepare: impl FnOnce(&Path) -> (String, T)) -> (Self, T) {
        let programs = programs();
        let made = as_server_user("mktemp")
            .args(["-d", "/tmp/dev-host-test-XXXXXX"])
            .output();
        let folder = String::from_utf8(made.expect("run mktemp").stdout).expect("a path");
        let folder = PathBuf::from(folder.trim());
        let undertaker = as_server_user("sh")
            .args(["-c", UNDERTAKER, "sh"])
            .args([&programs, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let undertaker = Some(undertaker.expect("start the undertaker"));
        let data = folder.join("data");
        run(as_server_user(programs.join("initdb"))
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
        let port = test_postgres::free_port();
        let (more, prepared) = prepare(&folder);
        let settings = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off{more}"
        );
        run(as_server_user(programs.join("pg_ctl"))
            .args(["-w", "-o", &settings, "-l"])
            .arg(folder.join("log"))
            .arg("-D")
            .arg(&data)
            .arg("start"));
        (Self { port, undertaker }, prepared)
    }

    /// The connection string of the superuser.
    pub(crate) fn dsn(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.dsn(), NoTls)
            .await
            .expect("connect");
        tokio::spawn(connection);
        client
    }
}

/// An application whose component `probe` reaches a server.
pub(crate) struct Application {
    pub(crate) manifest: String,
    variables: Vec<String>,
}

/// The application that reaches `server`.
pub(crate) fn application(server: &Server) -> Application {
    let manifest = format!(
        "{}allowed_outbound_hosts = [\"{{{{ database }}}}\"]\n[component.probe.variables]\n\
         dsn = \"{{{{ dsn }}}}\"\n[variables]\ndsn = {{ required = true, secret = true }}\n\
         database = {{ required = true }}\n",
        super::host::manifest("")
    );
    let dsn = format!("dsn={}?application_name=probe", server.dsn());
    let database = format!("database=postgres://127.0.0.1:{}", server.port);
    Application {
        manifest,
        variables: vec![dsn, database],
    }
}

impl Application {
    /// The host's arguments for it.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let pairs = self.variables.iter();
        pairs
            .flat_map(|pair| ["--variable", pair.as_str()])
            .collect()
    }
}

/// Waits until a query for one number gives `expected`.
pub(crate) async fn wait_for(client: &Client, sql: &str, expected: i64) {
    let since = std::time::Instant::now();
    loop {
        let found: i64 = client.query_one(sql, &[]).await.expect(sql).get(0);
        if found == expected {
            return;
        }
        assert!(
            since.elapsed() < super::host::PATIENCE,
            "{sql}: {found}, not {expected}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut undertaker) = self.undertaker.take() {
            drop(undertaker.stdin.take());
            let _ = undertaker.wait();
        }
    }
}

/// Where the server's programs are: as `pg_config` says, else the newest that Debian installed.
fn programs() -> PathBuf {
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        let folder = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
        if folder.join("initdb").exists() {
            return folder;
        }
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    folders
        .filter(|folder| folder.join("initdb").exists())
        .max()
        .expect("PostgreSQL is installed")
}

/// A command as a user whom the server accepts: it refuses root.
pub(crate) fn as_server_user(program: impl AsRef<Path>) -> Command {
    let who = Command::new("id")
        .arg("-u")
        .output()
        .expect("run id")
        .stdout;
    let mut command = if who == b"0\n" {
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

pub(crate) fn run(command: &mut Command) {
    // The server keeps what it inherits open: a pipe would never end.
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("start a program").success(), "{command:?}");
}

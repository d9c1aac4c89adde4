//! The program: what it refuses to start with, and how it ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::service::command;
use crate::support::{PUBLISHABLE, Service};

/// A process that does not outlive its test.
pub(crate) struct Guard(Mutex<Child>);

impl Guard {
    pub(crate) fn new(child: Child) -> Self {
        Self(Mutex::new(child))
    }

    /// Waits for the ready line, and gives the address in it.
    pub(crate) fn url(&self) -> String {
        let stdout = self.0.lock().expect("lock").stdout.take().expect("stdout");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("read");
        line.trim()
            .strip_prefix("Serving ")
            .expect("the ready line")
            .to_owned()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Ok(child) = self.0.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs a start that must fail, and gives what it said.
fn refusal(command: &mut Command) -> String {
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("run");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty(), "not ready");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn refuses_to_start_open_or_keyless() {
    let folder = tempfile::tempdir().expect("folder");
    let key = folder.path().join("key.pem");
    let start = || {
        let mut start = command(&key);
        start.env("DATABASE_URL", "host=/nowhere user=x");
        start
    };
    let mut open = Command::new(env!("CARGO_BIN_EXE_dev-supabase-auth"));
    open.args([
        "--listen",
        "0.0.0.0:0",
        "--public-url",
        "http://a",
        "--site-url",
        "http://b",
    ])
    .args(["--key-file", "/nowhere", "--confirm-email"]);
    assert!(refusal(&mut open).contains("loopback only"));
    for name in ["PUBLISHABLE_KEY", "SECRET_KEY", "DATABASE_URL"] {
        assert!(refusal(start().env(name, "")).contains(name));
        assert!(refusal(start().env_remove(name)).contains(name));
    }
    assert!(refusal(start().env("SECRET_KEY", PUBLISHABLE)).contains("the same"));
    let secret = refusal(start().env("DATABASE_URL", "postgres://u:hunter2@h:port/db"));
    assert!(
        secret.contains("DATABASE_URL") && !secret.contains("hunter2"),
        "{secret}"
    );

    let taken = TcpListener::bind("127.0.0.1:0").expect("bind");
    let address = taken.local_addr().expect("address").to_string();
    let mut twice = Command::new(env!("CARGO_BIN_EXE_dev-supabase-auth"));
    twice
        .args([
            "--listen",
            &address,
            "--public-url",
            "http://a",
            "--site-url",
            "http://b",
        ])
        .arg("--key-file")
        .arg(&key)
        .env("DATABASE_URL", "host=/nowhere user=x")
        .env("PUBLISHABLE_KEY", "p")
        .env("SECRET_KEY", "s");
    assert!(refusal(&mut twice).contains(&address));
}

#[tokio::test]
async fn ends_within_seconds_of_a_sigterm() {
    let mut service = Service::start().await;
    // An idle connection must not hold it.
    let connection = std::net::TcpStream::connect(service.url.trim_start_matches("http://"));
    let _idle = connection.expect("connect");
    let pid = service.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill")
            .success()
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(status) = service.process.try_wait().expect("wait") {
            assert!(status.success(), "{status}");
            break;
        }
        assert!(Instant::now() < deadline, "still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

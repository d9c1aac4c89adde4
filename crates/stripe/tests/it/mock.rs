//! stripe-mock: Stripe's own server that checks each request against Stripe's description of its API.

use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;

const MODULE: &str = "github.com/stripe/stripe-mock";
/// Its description is that of 2026-08-26.dahlia; what came later is checked by `dev/stripe` with Stripe's types.
const VERSION: &str = "v0.203.0";
/// It reads a large description first, on a machine that may have much else to do.
const DEADLINE: Duration = Duration::from_secs(300);

/// A running stripe-mock, ended with this value.
pub(crate) struct Mock {
    pub(crate) url: String,
    _process: Child,
}

impl Mock {
    /// Installs it where it is not, and starts it on free ports.
    pub(crate) async fn start() -> Self {
        // An address without a port takes a free one. HTTPS is not needed, and cannot be left out.
        let mut process = Command::new(installed().await)
            .args(["-http-addr", "127.0.0.1:", "-https-addr", "127.0.0.1:"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("start stripe-mock");
        let output = process.stdout.take().expect("its output");
        let address = tokio::time::timeout(DEADLINE, address(output));
        Self {
            url: format!("http://{}", address.await.expect("it starts in time")),
            _process: process,
        }
    }
}

/// Reads what it says until it says where it listens.
async fn address(output: tokio::process::ChildStdout) -> String {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await.expect("its output") {
        if let Some(address) = line.strip_prefix("Listening for HTTP at address: ") {
            let address = address.to_owned();
            // It must not stop at a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return address;
        }
    }
    panic!("stripe-mock ends without saying where it listens");
}

/// The program, in a folder of its version: built by Go when it is not there.
async fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target folder");
    let folder = target.join("tools").join(format!("stripe-mock-{VERSION}"));
    let program = folder.join("stripe-mock");
    if program.exists() {
        return program;
    }
    let output = Command::new("go")
        .args(["install", &format!("{MODULE}@{VERSION}")])
        .env("GOBIN", &folder)
        .env("GOFLAGS", "-mod=mod")
        .output()
        .await
        .expect(
            "Go is missing: install it (https://go.dev) to check our requests with stripe-mock",
        );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "go install {MODULE}: {said}");
    program
}

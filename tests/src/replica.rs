//! A part of the platform started once more: a second functions' host on its database, or one by itself.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::platform::Platform;
use crate::wait::until;

/// A replica compiles every function on its first start.
const SERVES_WITHIN: Duration = Duration::from_secs(300);

/// A running host, ended when it is dropped.
pub struct Replica {
    /// Where it listens.
    pub url: String,
    _process: Child,
}

/// Lines that a program printed.
type Output = Arc<Mutex<Vec<String>>>;

impl Replica {
    /// Starts `spin.toml` with the platform's variables but for the limits.
    pub async fn start(platform: &Platform, rate_limits: &str) -> Self {
        Self::with(platform, &[("rate_limits", rate_limits)]).await
    }

    /// Starts `spin.toml` with the platform's variables but for these.
    pub async fn with(platform: &Platform, changed: &[(&str, &str)]) -> Self {
        let changed = changed.iter().map(|(name, value)| {
            let name = format!("SPIN_VARIABLE_{}", name.to_uppercase());
            (name, (*value).to_owned())
        });
        let mut command = Command::new(program("dev-host"));
        // compiled functions are kept here from one run to the next
        let state = target().join("replica");
        command
            .args(["up", "--strict", "--from", "spin.toml"])
            .args(["--listen", "127.0.0.1:0"])
            .arg("--state-dir")
            .arg(state)
            .envs(variables(platform))
            .envs(changed);
        Self::serving(command).await
    }

    /// A gateway in front of a functions' host, for so many requests a minute of one client.
    pub async fn gateway(platform: &Platform, functions: &str, client_limit: &str) -> Self {
        let mut command = Command::new(program("dev-gateway"));
        let public_url = platform.app.replacen("app.", "", 1);
        command
            .args(["--listen", "127.0.0.1:0", "--public-url", &public_url])
            .args(["--functions", functions])
            .args(["--auth", &platform.internal.auth])
            .args(["--stripe", &platform.internal.stripe])
            .args(["--client-limit", client_limit])
            .env("DATABASE_URL", &platform.database_url);
        Self::serving(command).await
    }

    /// Any part of the platform, with settings of its own.
    pub async fn of_part(name: &str, configure: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = Command::new(program(name));
        configure(&mut command);
        Self::serving(command).await
    }

    #[expect(clippy::expect_used, reason = "a test helper")]
    async fn serving(mut command: Command) -> Self {
        let mut process = command
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("start a part that `cargo xtask build` makes");
        let output = Output::default();
        collect(process.stdout.take(), &output);
        collect(process.stderr.take(), &output);
        let url = until("Serving", SERVES_WITHIN, || {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("it ended ({status}): {:#?}", output.lock());
            }
            let url = |line: &str| line.strip_prefix("Serving ").map(str::to_owned);
            std::future::ready(find(&output, url))
        })
        .await;
        Self {
            url,
            _process: process,
        }
    }
}

#[expect(clippy::expect_used, reason = "a test helper")]
fn find<T>(output: &Output, look: impl Fn(&str) -> Option<T>) -> Option<T> {
    let lines = output.lock().expect("no reader panics");
    lines.iter().find_map(|line| look(line))
}

/// Reads what a program prints, so that it never waits for a reader.
#[expect(clippy::expect_used, reason = "a test helper")]
fn collect(source: Option<impl AsyncRead + Unpin + Send + 'static>, output: &Output) {
    let source = source.expect("a pipe");
    let output = Arc::clone(output);
    tokio::spawn(async move {
        let mut lines = BufReader::new(source).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            output.lock().expect("no reader panics").push(line);
        }
    });
}

/// The functions' variables, as `up` wrote them for a person with Spin.
#[expect(clippy::expect_used, reason = "a test helper")]
pub(crate) fn variables(platform: &Platform) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(platform.state.join("spin.env")).expect("read spin.env");
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| {
            let value = value.trim_matches('\'').replace("'\\''", "'");
            (name.to_owned(), value)
        })
        .collect()
}

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Cargo's folder, found by where this test itself is: `target/debug/deps/sweep-…`.
#[expect(clippy::expect_used, reason = "a test helper")]
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("this program's path");
    let folder = test.ancestors().nth(3).expect("target/debug/deps");
    folder.to_path_buf()
}

fn program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

//! Licences, sources and bans of the dependencies, and where their database can be had, known weaknesses.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{step, tools, workspace};

/// Pinned, so that two machines judge alike.
const CARGO_DENY: &str = "0.20.2";

/// Where cargo-deny fetches the advisories from, asked as git does.
const ADVISORIES: &str = "https://github.com/RustSec/advisory-db/info/refs?service=git-upload-pack";
/// How long that may take to answer before the network counts as closed.
const REACHED_WITHIN: Duration = Duration::from_secs(10);
/// How long fetching may take once it answers.
const FETCHED_WITHIN: Duration = Duration::from_mins(1);

/// Runs cargo-deny by `deny.toml`.
pub(super) fn run() -> Result<()> {
    let deny = installed()?;
    let check = |options: &[&str], what: &[&str]| {
        let mut command = Command::new(&deny);
        command
            .current_dir(workspace::root())
            .arg("--all-features")
            .args(options);
        command.arg("check").args(what);
        command
    };
    let graph = ["bans", "licenses", "sources"];
    step::run("deny", "licences, sources, bans", &mut check(&[], &graph))?;
    if let Err(reason) = reached().and_then(|()| fetch(&deny)) {
        eprintln!("advisories are NOT checked: their database cannot be fetched here ({reason:#})");
        return Ok(());
    }
    // Fetched a moment ago, so the check itself needs no network.
    step::run(
        "advisories",
        "advisories",
        &mut check(&["--offline"], &["advisories"]),
    )
}

/// Whether the database answers, which a closed network may refuse or leave without an answer.
#[tokio::main(flavor = "current_thread")]
async fn reached() -> Result<()> {
    ask(ADVISORIES, REACHED_WITHIN).await
}

async fn ask(url: &str, limit: Duration) -> Result<()> {
    // None but the first caller's counts; all take the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().timeout(limit).build()?;
    let answer = client.get(url).send().await.context("ask for it")?;
    if !answer.status().is_success() {
        bail!("it answers {}", answer.status());
    }
    Ok(())
}

/// Fetches the database of advisories.
fn fetch(deny: &PathBuf) -> Result<()> {
    let mut fetch = Command::new(deny);
    fetch.current_dir(workspace::root()).args(["fetch", "db"]);
    step::run_within(
        "advisories-fetch",
        "fetching advisories",
        &mut fetch,
        Some(FETCHED_WITHIN),
    )
}

fn installed() -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let program = root.join("bin/cargo-deny");
    let version = Command::new(&program).arg("--version").output();
    if version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(CARGO_DENY)) {
        return Ok(program);
    }
    let mut install = tools::cargo();
    install
        .args([
            "install",
            "cargo-deny",
            "--locked",
            "--version",
            CARGO_DENY,
            "--root",
        ])
        .arg(&root)
        // soon built rather than fast: it runs for seconds
        .arg("--debug")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "false");
    step::run("install-cargo-deny", "installing cargo-deny", &mut install)?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that gives one answer, or none.
    async fn server(answer: Option<&'static str>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let read = stream.read(&mut asked).await.unwrap();
            assert!(read > 0);
            match answer {
                Some(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                None => std::future::pending().await,
            }
        });
        url
    }

    #[tokio::test]
    async fn only_a_network_that_lets_it_through_counts() {
        let limit = Duration::from_secs(60);
        let url = server(Some("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
        ask(&url, limit).await.unwrap();
        let url = server(Some("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")).await;
        let refused = ask(&url, limit).await.unwrap_err().to_string();
        assert!(refused.contains("403"), "{refused}");
    }

    #[tokio::test]
    async fn silence_ends_the_wait() {
        let url = server(None).await;
        assert!(ask(&url, Duration::from_millis(10)).await.is_err());
    }
}

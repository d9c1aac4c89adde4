//! Load by `wrk`: one thread and sixteen connections, requests from a file.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::{apt, tools};

/// Sends the file's requests in turn and prints what `wrk` counted as JSON.
const SCRIPT: &str = include_str!("load.lua");

/// Connections at once.
pub(super) const CONNECTIONS: u8 = 16;

/// What one run of `wrk` counted.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Load {
    pub(super) requests: u64,
    /// Requests a second.
    pub(super) rate: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// Sockets that broke or timed out, and answers that were no success.
    errors: u64,
}

/// One request, written to a line of the file.
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    /// Name and value of the only header beside the usual ones.
    pub(super) header: Option<(&'a str, &'a str)>,
    pub(super) body: &'a str,
}

/// Finds `wrk`, or installs it where that is possible.
pub(super) fn require() -> Result<()> {
    if tools::find("wrk").is_some() {
        return Ok(());
    }
    ensure!(
        apt::can_install(),
        "wrk is missing; Debian: apt-get install wrk; macOS: brew install wrk"
    );
    apt::install(&["wrk"])
}

/// Writes requests for [`run`].
pub(super) fn write<'a>(
    file: &Path,
    requests: impl IntoIterator<Item = Request<'a>>,
) -> Result<()> {
    let mut text = String::new();
    for request in requests {
        let (name, value) = request.header.unwrap_or_default();
        let fields = [request.method, request.path, name, value, request.body];
        ensure!(
            !fields.iter().any(|field| field.contains(['\t', '\n'])),
            "a request holds a tab or a line's end"
        );
        text.push_str(&fields.join("\t"));
        text.push('\n');
    }
    std::fs::write(file, text).with_context(|| format!("write {}", file.display()))
}

/// Sends the requests of a file to `url` for so long, over and over.
pub(super) fn run(url: &str, file: &Path, seconds: u64) -> Result<Load> {
    let script = file.with_extension("lua");
    std::fs::write(&script, SCRIPT).with_context(|| format!("write {}", script.display()))?;
    let output = Command::new("wrk")
        .args(["-t1", "--timeout", "10s", "--latency"])
        .arg(format!("-c{CONNECTIONS}"))
        .arg(format!("-d{seconds}s"))
        .arg("-s")
        .arg(&script)
        .arg(url)
        .env("BENCH_REQUESTS", file)
        .output()
        .context("start wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("BENCH "));
    let Some(line) = line.filter(|_| output.status.success()) else {
        bail!(
            "wrk ended with {}:\n{text}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let load: Load = serde_json::from_str(line).context("read what wrk counted")?;
    ensure!(
        load.errors == 0,
        "{} of {} requests to {url} failed:\n{text}",
        load.errors,
        load.requests
    );
    Ok(load)
}

//! Native programs for figures: built as they would be released, and what they print of their samples.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Effort;
use crate::{step, tools};

/// Builds programs with the profile `release`.
pub(super) fn build_release(packages: &[&str]) -> Result<()> {
    let mut command = tools::cargo();
    command.args(["build", "--release", "--bins"]);
    for package in packages {
        command.args(["--package", package]);
    }
    let title = format!("building {} for release", packages.join(", "));
    step::run("bench-build", &title, &mut command)
}

/// Samples by the name of what was measured.
pub(super) type Samples = BTreeMap<String, Vec<f64>>;

/// A line of a load program.
#[derive(Deserialize)]
struct Line {
    name: String,
    value: f64,
}

/// Runs a part of the daemon's load program (profile `bench`) and collects what it prints.
pub(super) fn daemon_load(
    part: &str,
    effort: Effort,
    environment: &[(&str, PathBuf)],
) -> Result<Samples> {
    let load = [
        "bench",
        "--package",
        "provisioner-daemon",
        "--bench",
        "load",
    ];
    let mut build = tools::cargo();
    build.args(load).arg("--no-run");
    step::run(
        "bench-load",
        "building the daemon's load program",
        &mut build,
    )?;
    let mut command = tools::cargo();
    command
        .args(load)
        .args(["--quiet", "--", part])
        .args(["--rounds", &effort.rounds.to_string()])
        .args(["--seconds", &effort.seconds.to_string()])
        .args(["--instances", &effort.instances.to_string()])
        .args(["--snapshot-seconds", &effort.snapshot_seconds.to_string()])
        .envs(environment.iter().cloned());
    samples(&mut command)
}

fn samples(command: &mut Command) -> Result<Samples> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("start the load program")?;
    let mut samples = Samples::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("read what the load program writes")?;
            if let Ok(Line { name, value }) = serde_json::from_str(&line) {
                samples.entry(name).or_default().push(value);
            }
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("the load program ended with {status}");
    }
    Ok(samples)
}

/// Now.
pub(super) fn unix_seconds() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.context("read the clock")?.as_secs())
}

/// Seconds that a process and its children have computed; those that ended meanwhile are left out.
pub(super) fn processor_seconds(process: u32) -> Result<f64> {
    let mut seconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let thread = thread?.path();
        // a thread may end while it is looked at
        let text = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
        let nanoseconds = text
            .split(' ')
            .next()
            .and_then(|ran| ran.parse::<f64>().ok());
        seconds += nanoseconds.unwrap_or_default() / 1e9;
        let children = std::fs::read_to_string(thread.join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            seconds += processor_seconds(child.parse()?).unwrap_or_default();
        }
    }
    Ok(seconds)
}

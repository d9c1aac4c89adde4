//! `cargo xtask check`: everything that judges the code without running the system.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::build::portal;
use crate::{openapi, step, tools, workspace};

/// Pinned, so that two machines judge alike.
const CARGO_DENY: &str = "0.20.2";

/// Runs every check in order of cost and stops at the first that fails.
pub(crate) fn run() -> Result<()> {
    step::run(
        "fmt",
        "formatting",
        tools::cargo().args(["fmt", "--all", "--check"]),
    )?;
    deny()?;
    step::run(
        "clippy",
        "clippy",
        tools::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    openapi::check()?;
    portal::install()?;
    step::run(
        "portal-check",
        "portal: types and lint",
        &mut portal::npm(&["run", "check"]),
    )
}

fn deny() -> Result<()> {
    let deny = installed_cargo_deny()?;
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
    if let Err(reason) = advisory_database(&deny) {
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

/// Fetches the database of advisories; another repository's host, which a closed network may not reach.
fn advisory_database(deny: &PathBuf) -> Result<()> {
    let mut fetch = Command::new(deny);
    fetch.current_dir(workspace::root()).args(["fetch", "db"]);
    step::run_within(
        "advisories-fetch",
        "fetching advisories",
        &mut fetch,
        Some(std::time::Duration::from_mins(1)),
    )
}

fn installed_cargo_deny() -> Result<PathBuf> {
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
        .arg(&root);
    step::run("install-cargo-deny", "installing cargo-deny", &mut install)?;
    Ok(program)
}

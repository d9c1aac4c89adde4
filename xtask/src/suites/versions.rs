//! What the tests run against: said before they run, and never skipped where it is missing.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{apt, tools};

/// Debian's Chromium, which Playwright is pointed at.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Installs what a fresh machine of CI lacks, then names what there is.
pub(crate) fn prepare() -> Result<()> {
    tools::require_all()?;
    if !std::path::Path::new(CHROMIUM).exists() {
        install_chromium()?;
    }
    for (program, argument) in [
        (CHROMIUM, "--version"),
        ("node", "--version"),
        ("python3", "--version"),
        ("cargo", "--version"),
    ] {
        println!("{}", version(program, argument)?);
    }
    // PostgreSQL's, Synapse's and MindRoom's are printed by `up` and by the system suite.
    Ok(())
}

fn install_chromium() -> Result<()> {
    if !apt::can_install() {
        bail!("{CHROMIUM} is missing; Debian: apt-get install chromium");
    }
    apt::install(&["chromium"])
}

fn version(program: &str, argument: &str) -> Result<String> {
    let output = Command::new(program)
        .arg(argument)
        .output()
        .with_context(|| format!("{program} does not start"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().next().unwrap_or(program).trim().to_owned())
}

//! The document against random requests: installs the program that makes them, once, and runs the suite with it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::platform::Platform;
use super::{WHOLE_SYSTEM_PACKAGE, visibly};
use crate::{step, tools, workspace};

/// What is installed, every package pinned.
const REQUIREMENTS: &str = "tests/fuzz/requirements.txt";

pub(super) fn run(platform: &Platform) -> Result<()> {
    let program = schemathesis()?;
    let mut command = tools::cargo();
    command
        .args(["test", "--package", WHOLE_SYSTEM_PACKAGE, "--test", "fuzz"])
        .args(["--", "--nocapture"])
        .env("SCHEMATHESIS", program);
    visibly("fuzz", platform.describe(&mut command))
}

/// The program, in an environment of its own that is made again when the requirements change.
fn schemathesis() -> Result<PathBuf> {
    let folder = workspace::target().join("tools/schemathesis");
    let program = folder.join("bin/schemathesis");
    let wanted = std::fs::read_to_string(workspace::root().join(REQUIREMENTS))
        .with_context(|| format!("read {REQUIREMENTS}"))?;
    // written last, so that an install that was interrupted does not count
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) || !program.exists() {
        install(&folder)?;
        std::fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))?;
    }
    Ok(program)
}

fn install(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    let python = ["python3", "python"]
        .iter()
        .find_map(|name| tools::find(name))
        .context("Python 3.11 or newer is needed")?;
    step::run(
        "fuzz-python",
        "making the fuzzer's environment",
        Command::new(python).args(["-m", "venv"]).arg(folder),
    )?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.current_dir(workspace::root())
        .args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--no-deps", "--requirement", REQUIREMENTS]);
    step::run("fuzz-install", "installing the fuzzer", &mut pip)
}

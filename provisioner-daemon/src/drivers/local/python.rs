//! Finds a Python that fits.

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

/// A question to a Python takes no longer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Minor versions of Python 3 that a package takes: from, to (not included).
pub(super) type Versions = (u32, u32);

/// A Python that fits, newest names first: what PATH has, then pyenv's, then what uv knows.
pub(super) async fn find(versions: Versions) -> Option<PathBuf> {
    for candidate in candidates(versions) {
        if fits(&candidate, versions).await {
            return Some(candidate);
        }
    }
    let wanted = format!(">=3.{},<3.{}", versions.0, versions.1);
    let found = ask("uv", &["python", "find", "--no-python-downloads", &wanted]).await?;
    let python = PathBuf::from(found);
    fits(&python, versions).await.then_some(python)
}

fn candidates((from, to): Versions) -> Vec<PathBuf> {
    // 3.13 is the one that everything was tried with.
    let mut minors: Vec<u32> = (from..to).rev().collect();
    minors.sort_by_key(|minor| *minor != 13);
    let mut found: Vec<PathBuf> = minors
        .iter()
        .map(|minor| format!("python3.{minor}").into())
        .collect();
    found.push("python3".into());
    let pyenv = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv")));
    if let Some(entries) = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok()) {
        let mut versions: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path().join("bin/python3"))
            .collect();
        versions.sort();
        found.extend(versions.into_iter().rev());
    }
    found
}

/// Whether it runs (pyenv's shims may not), has the right version, and can make environments.
async fn fits(python: &PathBuf, (from, to): Versions) -> bool {
    let question = "import sys, venv, ensurepip; print(sys.version_info[1] if sys.version_info[0] == 3 else 0)";
    let answer = ask(python, &["-c", question]).await;
    answer
        .and_then(|minor| minor.parse().ok())
        .is_some_and(|minor: u32| (from..to).contains(&minor))
}

/// What a program prints, if it ends well and soon.
pub(super) async fn ask(program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Option<String> {
    let running = Command::new(program).args(args).kill_on_drop(true).output();
    let output = tokio::time::timeout(TIMEOUT, running).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

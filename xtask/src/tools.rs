//! Programs that are not ours: finding them, saying how to get them, and starting them cleanly.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// A program that a fresh machine must have, with how to get it.
pub(crate) struct Tool {
    /// Names under which it may be in PATH; the first found counts.
    names: &'static [&'static str],
    /// What to tell somebody who lacks it.
    remedy: &'static str,
}

/// What building and running need beside Rust itself.
const NEEDED: &[Tool] = &[
    Tool {
        names: &["git"],
        remedy: "Debian: apt-get install git; macOS: xcode-select --install",
    },
    Tool {
        names: &["node"],
        remedy: "Node.js 20 or newer, from nodejs.org or your package manager",
    },
    Tool {
        names: &["npm"],
        remedy: "it comes with Node.js; Debian: apt-get install npm",
    },
    Tool {
        names: &["python3", "python"],
        remedy: "Python 3.11 or newer with venv; Debian: apt-get install python3 python3-venv",
    },
];

/// Names everything that is missing at once, each with how to get it.
pub(crate) fn require_all() -> Result<()> {
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|tool| tool.names.iter().all(|name| find(name).is_none()))
        .map(|tool| format!("  {}: {}", tool.names[0], tool.remedy))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("programs are missing:\n{}", missing.join("\n"))
}

/// The full path of a program in PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| is_executable(file))
}

/// Whether a file can be started.
pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// `cargo` of the pinned toolchain.
///
/// Without what `cargo run` set for this program itself: build scripts (ring's is one) compile again when
/// `CARGO_PKG_*` differ, so a plain `cargo build` and ours would undo each other's work.
pub(crate) fn cargo() -> Command {
    cargo_at(Path::new("cargo"))
}

/// As [`cargo`], another program than the pinned toolchain's.
pub(crate) fn cargo_at(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::workspace::root());
    remove_cargo_run_variables(&mut command);
    command
}

fn remove_cargo_run_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let set_by_cargo_run = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
            || matches!(
                text,
                "CARGO" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR"
            );
        if set_by_cargo_run {
            command.env_remove(name);
        }
    }
}

/// Whether this process may do anything on the machine.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

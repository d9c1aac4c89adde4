//! Programs that are not ours: finding them, saying how to get them, and starting them cleanly.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// A program that a fresh machine must have, with how to get it.
struct Tool {
    /// Names under which it may be in PATH; the first found counts.
    names: &'static [&'static str],
    /// The oldest that does, where an old one would only fail later: major and minor.
    oldest: Option<(u32, u32)>,
    /// What to tell somebody who lacks it.
    remedy: &'static str,
}

/// What building and running need beside Rust itself.
const NEEDED: &[Tool] = &[
    Tool {
        names: &["git"],
        oldest: None,
        remedy: "Debian: apt-get install git; macOS: xcode-select --install",
    },
    Tool {
        names: &["node"],
        oldest: Some((20, 9)), // Next.js
        remedy: "Node.js 20.9 or newer, from nodejs.org or your package manager",
    },
    Tool {
        names: &["npm"],
        oldest: None,
        remedy: "it comes with Node.js; Debian: apt-get install npm",
    },
    Tool {
        names: &["python3", "python"],
        oldest: None, // the daemon looks for one that fits what it installs
        remedy: "Python 3.11 or newer with venv; Debian: apt-get install python3 python3-venv",
    },
];

/// Names everything that is missing or too old at once, each with how to get it.
pub(crate) fn require_all() -> Result<()> {
    let complaints: Vec<String> = NEEDED
        .iter()
        .filter_map(|tool| tool.complaint(find))
        .collect();
    if complaints.is_empty() {
        return Ok(());
    }
    bail!(
        "programs are missing or too old:\n{}",
        complaints.join("\n")
    )
}

impl Tool {
    /// What is wrong with it here, if something is.
    fn complaint(&self, find: impl Fn(&str) -> Option<PathBuf>) -> Option<String> {
        let Self { names, remedy, .. } = self;
        let Some(program) = names.iter().find_map(|name| find(name)) else {
            return Some(format!("  {}: {remedy}", names[0]));
        };
        let oldest = self.oldest?;
        match version(&program) {
            Some(version) if version >= oldest => None,
            Some((major, minor)) => {
                let program = program.display();
                Some(format!("  {program} is {major}.{minor}: {remedy}"))
            }
            None => Some(format!(
                "  {} does not say its version: {remedy}",
                program.display()
            )),
        }
    }
}

/// Major and minor version, as a program says them.
fn version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.trim().trim_start_matches('v');
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
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

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: Tool = Tool {
        names: &["node", "nodejs"],
        oldest: Some((20, 9)),
        remedy: "get it somewhere",
    };

    /// What is said of a program that answers this to `--version`.
    fn complaint(answer: &str) -> Option<String> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("nodejs");
        std::fs::write(&program, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        NODE.complaint(|name| (name == "nodejs").then(|| program.clone()))
    }

    #[test]
    fn what_is_missing_or_too_old_is_named_with_what_to_do() {
        for good in ["v20.9.0", "v20.10.1", "v24.1.0"] {
            assert_eq!(complaint(good), None, "{good}");
        }
        let old = complaint("v18.19.0").unwrap();
        assert!(old.contains("nodejs is 18.19: get it somewhere"), "{old}");
        assert!(complaint("v20.8.1").is_some());
        assert!(complaint("rubbish").unwrap().contains("does not say"));
        let missing = NODE.complaint(|_| None).unwrap();
        assert_eq!(missing, "  node: get it somewhere");
    }
}

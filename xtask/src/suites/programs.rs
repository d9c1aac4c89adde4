//! The test programs of all packages, built together.
//!
//! Cargo chooses the features of dependencies by what it builds together: suites that each named their packages to
//! `cargo test` would compile wasmtime and a hundred others anew.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{tools, workspace};

/// One program that runs tests.
pub(super) struct TestProgram {
    /// The package's folder below the root, such as `dev/host`.
    pub(super) package: PathBuf,
    /// The target's name: of the library or program for its unit tests, else of what is below `tests`.
    pub(super) name: String,
    path: PathBuf,
}

/// A line that cargo writes of something that it built; lines of other kinds lack these fields.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

impl TestProgram {
    /// The program, to be started as cargo would.
    pub(super) fn command(&self) -> Command {
        let folder = workspace::root().join(&self.package);
        let mut command = Command::new(&self.path);
        command
            .current_dir(&folder)
            .env("CARGO_MANIFEST_DIR", &folder);
        command
    }

    /// Whether it is of one of these packages, by their folders.
    pub(super) fn is_of(&self, folders: &[&str]) -> bool {
        folders
            .iter()
            .any(|folder| self.package.as_os_str() == *folder)
    }

    fn of(artifact: Artifact) -> Option<Self> {
        let path = artifact.executable.filter(|_| artifact.profile.test)?;
        let folder = artifact.manifest_path.parent()?;
        Some(Self {
            package: folder.strip_prefix(workspace::root()).ok()?.to_owned(),
            name: artifact.target.name,
            path,
        })
    }
}

/// Builds the test programs where they changed.
pub(super) fn build() -> Result<Vec<TestProgram>> {
    let mut cargo = tools::cargo()
        .args(["test", "--workspace", "--no-run"])
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .context("start cargo")?;
    let mut programs = Vec::new();
    if let Some(output) = cargo.stdout.take() {
        for line in BufReader::new(output).lines() {
            let artifact = serde_json::from_str(&line.context("read what cargo writes")?);
            programs.extend(artifact.ok().and_then(TestProgram::of));
        }
    }
    if !cargo.wait()?.success() {
        bail!("the tests do not build");
    }
    Ok(programs)
}

/// The programs of these packages, by their folders.
pub(super) fn of_packages(folders: &[&str]) -> Result<Vec<TestProgram>> {
    let mut programs = build()?;
    for folder in folders {
        if !programs.iter().any(|program| program.is_of(&[folder])) {
            bail!("{folder} has no tests");
        }
    }
    programs.retain(|program| program.is_of(folders));
    Ok(programs)
}

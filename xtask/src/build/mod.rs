//! `cargo xtask build`: functions, portal, native programs. Each part leaves alone what is unchanged.

pub(crate) mod functions;
pub(crate) mod portal;
pub(crate) mod wasm;

use anyhow::Result;

use crate::{step, tools};

/// Builds everything that `up` starts.
pub(crate) fn run() -> Result<()> {
    tools::require_all()?;
    functions::build()?;
    portal::build()?;
    native()
}

/// The programs that one machine runs beside PostgreSQL, and whatever else is no library. Not only these: with the
/// whole workspace the dependencies have the features that the tests build them with, and are compiled once. Without
/// `xtask`, which runs.
fn native() -> Result<()> {
    let mut command = tools::cargo();
    command.args(["build", "--workspace", "--exclude", "xtask", "--bins"]);
    step::run("native", "building the native programs", &mut command)
}

//! `cargo xtask build`: functions, portal, native programs. Each part leaves alone what is unchanged.

pub(crate) mod functions;
pub(crate) mod portal;
pub(crate) mod wasm;

use anyhow::Result;

use crate::{step, tools};

/// The programs that one machine runs beside PostgreSQL.
pub(crate) const PROGRAMS: &[&str] = &[
    "dev-host",
    "dev-gateway",
    "dev-cron",
    "dev-supabase-auth",
    "dev-stripe",
    "dev-model",
    "provisioner-daemon",
];

/// Builds everything that `up` starts.
pub(crate) fn run() -> Result<()> {
    tools::require_all()?;
    functions::build()?;
    portal::build()?;
    native()
}

fn native() -> Result<()> {
    let mut command = tools::cargo();
    command.arg("build");
    for program in PROGRAMS {
        command.args(["--package", program]);
    }
    step::run("native", "building the native programs", &mut command)
}

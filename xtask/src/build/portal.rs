//! The portal: a static export of Next.js in `portal/out`, which `spin.toml` mounts.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::fingerprint::{Fingerprint, Stamp};
use crate::{exclusive, npm, step, workspace};

/// What building makes and tests leave behind: no inputs.
const NO_INPUTS: &[&str] = &[
    "node_modules",
    ".next",
    "out",
    "tsconfig.tsbuildinfo",
    "next-env.d.ts",
    "test-results",
];

/// The portal's folder.
pub(crate) fn dir() -> PathBuf {
    workspace::root().join("portal")
}

/// `npm` in the portal's folder.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command
        .args(arguments)
        .current_dir(dir())
        .env("NEXT_TELEMETRY_DISABLED", "1");
    command
}

/// Installs its packages when the lock file changed, and exports it when a source did.
pub(crate) fn build() -> Result<()> {
    install()?;
    let _made_once = exclusive::hold("portal")?;
    let inputs = Fingerprint::new()
        .folder(&dir(), NO_INPUTS)?
        .file(&workspace::root().join("openapi.json"))?
        .digest();
    let stamp = Stamp::at(workspace::target().join("stamps/portal"));
    if stamp.matches(&inputs) && dir().join("out").is_dir() {
        return Ok(());
    }
    stamp.forget()?;
    step::run("portal", "building the portal", &mut npm(&["run", "build"]))?;
    stamp.record(&inputs)
}

/// Installs its packages.
pub(crate) fn install() -> Result<()> {
    npm::install(&dir(), "portal")
}

//! Packages from npm, installed where the lock file changed.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::fingerprint::{Fingerprint, Stamp};
use crate::{exclusive, step};

/// Installs exactly what a folder's lock file says; `name` is for logs. The stamp lies in `node_modules`, so that it goes
/// with it.
pub(crate) fn install(folder: &Path, name: &str) -> Result<()> {
    let _made_once = exclusive::hold(&format!("npm-{name}"))?;
    let lock = Fingerprint::new()
        .file(&folder.join("package-lock.json"))?
        .digest();
    let stamp = Stamp::at(folder.join("node_modules/.installed"));
    if stamp.matches(&lock) {
        return Ok(());
    }
    stamp.forget()?;
    // Not `npm ci`: it fails where the registry does not hold the binaries of other platforms. This takes the versions
    // from the lock file just the same and leaves that file alone.
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund"])
        .current_dir(folder);
    let title = format!("installing packages of the {name}");
    step::run(&format!("{name}-install"), &title, &mut npm)?;
    stamp.record(&lock)
}

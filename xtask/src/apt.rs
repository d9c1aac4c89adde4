//! Debian's packages, where this process may install them.

use std::process::Command;

use anyhow::Result;

use crate::{exclusive, step, tools};

/// Whether [`install`] can work here.
pub(crate) fn can_install() -> bool {
    tools::is_root() && tools::find("apt-get").is_some()
}

/// Reads the lists of packages: a fresh machine may have none, and old ones name what is gone.
pub(crate) fn update() -> Result<()> {
    let _one_at_a_time = exclusive::hold("apt")?;
    step::run(
        "apt-update",
        "reading Debian's package lists",
        Command::new("apt-get").arg("update"),
    )
}

/// Installs packages, without asking anything.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    update()?;
    let _one_at_a_time = exclusive::hold("apt")?;
    let mut install = Command::new("apt-get");
    install
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages);
    step::run(
        "apt-install",
        &format!("installing {}", packages.join(", ")),
        &mut install,
    )
}

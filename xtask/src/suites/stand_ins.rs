//! The stand-ins, driven by the vendors' own clients, and what we send to Stripe, checked by Stripe's own server.

use anyhow::Result;

use super::{all, programs};
use crate::go_tools;

/// The packages of this suite, by folder.
pub(super) const PACKAGES: &[&str] = &[
    "dev/model",
    "dev/stripe",
    "dev/supabase-auth",
    "crates/stripe",
];

pub(super) fn run() -> Result<()> {
    // Stripe's server is written in Go
    let path = go_tools::path()?;
    all(&programs::of_packages(PACKAGES)?, |command| {
        command.envs(path.iter().map(|path| ("PATH", path)));
    })
}

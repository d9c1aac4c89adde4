//! Where things are in the work tree.

use std::path::PathBuf;

/// The root of the work tree: the folder above this crate's, as `cargo xtask` says when it runs this. Started
/// otherwise, the one where it was built.
pub(crate) fn root() -> PathBuf {
    let running = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let manifest = running.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    manifest.parent().unwrap_or(&manifest).to_path_buf()
}

/// Whether what cannot be had here counts as failed rather than left out, as in CI.
pub(crate) fn is_whole_required() -> bool {
    std::env::var("MINDROOM_REQUIRED").is_ok_and(|value| value == "1")
}

/// Cargo's folder for what it builds (`CARGO_TARGET_DIR` moves it).
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Where `spin.toml` expects the functions' modules; fixed, since the manifest cannot hold a variable there.
pub(crate) fn functions_output() -> PathBuf {
    root().join("target/functions")
}

/// Where a native program of this workspace is after `cargo xtask build`.
pub(crate) fn program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

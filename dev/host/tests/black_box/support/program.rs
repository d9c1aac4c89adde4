//! The program under test: this host, or the one that the variable `SPIN` names.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// What to start. A name without a slash is looked for in `PATH`.
pub(crate) fn program() -> PathBuf {
    let named = std::env::var_os("SPIN").filter(|name| !name.is_empty());
    named.map_or_else(|| env!("CARGO_BIN_EXE_dev-host").into(), PathBuf::from)
}

/// Whether the program is this host, also when `SPIN` names it.
pub(crate) fn is_ours() -> bool {
    static OURS: OnceLock<bool> = OnceLock::new();
    *OURS.get_or_init(|| {
        let asked = Command::new(program()).arg("--version").output();
        let output = asked.unwrap_or_else(|error| panic!("{}: {error}", program().display()));
        String::from_utf8_lossy(&output.stdout).contains("dev-host")
    })
}

/// Whether a test of what only this host does must be left out; says so, and why it is only ours.
pub(crate) fn only_ours(reason: &str) -> bool {
    if is_ours() {
        return false;
    }
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    // Not by a macro: the test program would keep it to itself.
    let line = format!("skipped {name}: {reason}\n");
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
    true
}

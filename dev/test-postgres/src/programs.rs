//! PostgreSQL's programs, and the user that they run as: the server refuses root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::User;

/// Users without rights, in order of preference.
const USERS: [&str; 2] = ["postgres", "nobody"];
const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "pg_dump"];

/// The folder of the programs: `POSTGRES_BIN`, those in PATH, or the newest that Debian installed.
pub(crate) fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("POSTGRES_BIN") {
        return folder.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut debian: Vec<PathBuf> = debian
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    debian.sort();
    std::env::split_paths(&path)
        .chain(debian.into_iter().rev())
        .find(|folder| NEEDED.iter().all(|program| folder.join(program).exists()))
        .expect("PostgreSQL's programs: install PostgreSQL, or name their folder in POSTGRES_BIN")
}

/// Whom the server runs as, if it cannot be the user of the test.
pub(crate) fn user() -> Option<User> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    let known = |name: &&str| User::from_name(name).ok().flatten();
    Some(
        USERS
            .iter()
            .find_map(known)
            .expect("a user postgres or nobody"),
    )
}

/// Words before a command that make it run as that user.
pub(crate) fn as_user() -> Vec<String> {
    match user() {
        Some(user) => vec![
            "setpriv".to_owned(),
            format!("--reuid={}", user.uid),
            format!("--regid={}", user.gid),
            "--clear-groups".to_owned(),
        ],
        None => vec!["env".to_owned()],
    }
}

/// Runs one of the programs to its end; answers whether it succeeded, and what it said.
pub(crate) fn run(program: &str, arguments: &[&str], folder_of_data: &Path) -> (bool, String) {
    let words = as_user();
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .arg(folder().join(program))
        .args(arguments)
        .arg("-D")
        .arg(folder_of_data.join("data"))
        .current_dir("/")
        .stdin(Stdio::null())
        // The server keeps what it inherits open: a pipe would never end.
        .stdout(Stdio::null());
    let errors = tempfile::tempfile().expect("a file for what it says");
    command.stderr(errors.try_clone().expect("the same file"));
    let status = command.status().expect("run a program of PostgreSQL");
    (status.success(), text_of(errors))
}

fn text_of(mut file: std::fs::File) -> String {
    use std::io::{Read as _, Seek as _};
    let mut text = String::new();
    file.rewind().expect("read from the start");
    // Not UTF-8 is not worth a second failure.
    let _ = file.read_to_string(&mut text);
    text
}

//! The data directory: made whole or not at all, of a known version, with no server left running on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::binaries::{self, Installation};
use super::place::Place;
use crate::step;
use crate::up::process::{self, Record};
use crate::up::secrets::Secret;
use crate::up::state;

/// How long a server that an earlier run left behind may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A data directory, ready to be served.
pub(crate) struct Cluster {
    /// Folder with PostgreSQL's programs.
    pub(crate) binaries: PathBuf,
    /// Version of these programs.
    pub(crate) version: String,
}

impl Cluster {
    /// Makes the data directory, or takes the one that is there.
    pub(crate) fn open(place: &Place, superuser_password: &Secret) -> Result<Self> {
        let unfinished = place.base.join("initdb-unfinished");
        if unfinished.exists() && place.data.exists() {
            eprintln!("an earlier start was interrupted while it made the database: starting over");
            std::fs::remove_dir_all(&place.data)
                .with_context(|| format!("remove {}", place.data.display()))?;
        }
        let installation = binaries::find(place, data_major(&place.data)?)?;
        if place.data.join("PG_VERSION").exists() {
            stop_leftover(&place.data)?;
        } else {
            std::fs::write(&unfinished, "").context("mark the database as unfinished")?;
            place.make_owned_dir(&place.data)?;
            initdb(place, &installation, superuser_password)?;
            std::fs::remove_file(&unfinished).context("mark the database as finished")?;
        }
        Ok(Self {
            binaries: installation.dir,
            version: installation.version,
        })
    }
}

/// The major version of a data directory; `None` where there is none yet.
fn data_major(data: &Path) -> Result<Option<u32>> {
    let file = data.join("PG_VERSION");
    match std::fs::read_to_string(&file) {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .with_context(|| format!("parse {}", file.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", file.display())),
    }
}

fn initdb(place: &Place, installation: &Installation, password: &Secret) -> Result<()> {
    // A file, since the command line is seen by everybody on the machine.
    let password_file = place.base.join("superuser-password");
    state::write_private(&password_file, password.expose().as_bytes())?;
    place.give(&password_file)?;
    let outcome = run_initdb(place, installation, &password_file);
    std::fs::remove_file(&password_file).context("remove the password file")?;
    outcome
}

fn run_initdb(place: &Place, installation: &Installation, password_file: &Path) -> Result<()> {
    // Not every C library knows C.UTF-8; C with UTF-8 as encoding sorts alike.
    let locale = if knows_c_utf8() { "C.UTF-8" } else { "C" };
    let mut command = place.command(&installation.dir.join("initdb"));
    command
        .arg("-D")
        .arg(&place.data)
        .arg(format!("--pwfile={}", password_file.display()))
        .arg(format!("--locale={locale}"))
        .args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ])
        .env("LC_ALL", locale);
    step::run(
        "initdb",
        &format!("making a database of PostgreSQL {}", installation.version),
        &mut command,
    )
}

fn knows_c_utf8() -> bool {
    let output = std::process::Command::new("locale").arg("-a").output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .any(|line| matches!(line, "C.UTF-8" | "C.utf8"))
    })
}

/// Ends a server that still serves this directory after its `up` was killed.
fn stop_leftover(data: &Path) -> Result<()> {
    let Ok(text) = std::fs::read_to_string(data.join("postmaster.pid")) else {
        return Ok(());
    };
    let Some(pid) = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse::<i32>().ok())
    else {
        return Ok(());
    };
    // The id may be another process's by now: only one that names this directory is ours.
    let serves_this =
        process::command_line(pid).is_some_and(|line| line.contains(&*data.to_string_lossy()));
    if serves_this {
        eprintln!("ending PostgreSQL (process {pid}), which an earlier run left behind");
        Record::of(u32::try_from(pid)?)?.end(Signal::SIGINT, STOP_LIMIT);
    }
    Ok(())
}

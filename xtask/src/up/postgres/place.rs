//! Where the data lies and as whom PostgreSQL runs: it refuses root, and its user must reach its data.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::unistd::{User, chown};
use sha2::{Digest, Sha256};

use crate::tools;
use crate::up::state::{self, State};

/// Where data goes when the state folder cannot be reached by PostgreSQL's user.
const ELSEWHERE: &str = "/var/lib/mindroom";
/// Users without rights, in order of preference.
const USERS: [&str; 2] = ["postgres", "nobody"];
const FILE: &str = "postgres.json";

/// A user to run as.
#[derive(Clone, Copy)]
pub(crate) struct RunAs {
    /// User id.
    pub(crate) uid: u32,
    /// Group id.
    pub(crate) gid: u32,
}

/// The chosen place.
pub(crate) struct Place {
    /// Folder for everything of PostgreSQL; its user can reach it.
    pub(crate) base: PathBuf,
    /// The data directory inside.
    pub(crate) data: PathBuf,
    /// Whom to run as; `None` for the user who started this.
    pub(crate) run_as: Option<RunAs>,
}

impl Place {
    /// Chooses once and remembers it in the state folder.
    pub(crate) fn choose(state: &State) -> Result<Self> {
        let run_as = unprivileged_user()?;
        let base = match state.read_json::<PathBuf>(FILE)? {
            Some(base) => base,
            None => Self::new_base(state, run_as)?,
        };
        // Others may pass through but not look around; the data directory itself is its owner's alone.
        let mode = if run_as.is_some() { 0o711 } else { 0o700 };
        state::make_dir(&base, mode)?;
        state.write_json(FILE, &base)?;
        Ok(Self {
            data: base.join("data"),
            base,
            run_as,
        })
    }

    fn new_base(state: &State, run_as: Option<RunAs>) -> Result<PathBuf> {
        let inside = state.path().join("postgres");
        if run_as.is_none() {
            return Ok(inside);
        }
        let Some(barrier) = state
            .path()
            .ancestors()
            .find(|dir| !everybody_may_pass(dir))
        else {
            return Ok(inside);
        };
        let hash = hex::encode(Sha256::digest(state.path().as_os_str().as_encoded_bytes()));
        let elsewhere = Path::new(ELSEWHERE).join(&hash[..16]);
        eprintln!(
            "PostgreSQL runs as another user, who cannot pass {}: its data goes to {}",
            barrier.display(),
            elsewhere.display()
        );
        state::make_dir(Path::new(ELSEWHERE), 0o711)?;
        Ok(elsewhere)
    }

    /// Makes an empty folder that belongs to PostgreSQL's user.
    pub(crate) fn make_owned_dir(&self, dir: &Path) -> Result<()> {
        state::make_dir(dir, 0o700)?;
        self.give(dir)
    }

    /// Gives a file or folder to PostgreSQL's user.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        let Some(user) = self.run_as else {
            return Ok(());
        };
        chown(path, Some(user.uid.into()), Some(user.gid.into()))
            .with_context(|| format!("give {} away", path.display()))
    }

    /// A command that runs as PostgreSQL's user, in a folder that this user may enter.
    pub(crate) fn command(&self, program: &Path) -> std::process::Command {
        use std::os::unix::process::CommandExt;
        let mut command = std::process::Command::new(program);
        command.current_dir(&self.base);
        if let Some(user) = self.run_as {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }
}

fn everybody_may_pass(dir: &Path) -> bool {
    std::fs::metadata(dir).is_ok_and(|meta| meta.permissions().mode() & 0o001 != 0)
}

fn unprivileged_user() -> Result<Option<RunAs>> {
    if !tools::is_root() {
        return Ok(None);
    }
    for name in USERS {
        if let Some(user) = User::from_name(name).with_context(|| format!("look up user {name}"))? {
            return Ok(Some(RunAs {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            }));
        }
    }
    bail!(
        "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: make one"
    )
}

//! The state folder: everything that one machine keeps between two runs, locked by the `up` that uses it.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::tools;

/// An open state folder; the lock ends with it.
pub(crate) struct State {
    path: PathBuf,
    _lock: File,
}

impl State {
    /// Makes or opens the folder and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // PostgreSQL runs as another user when this is root, and must be able to pass through.
        let mode = if tools::is_root() { 0o711 } else { 0o700 };
        make_dir(path, mode)?;
        let path = path
            .canonicalize()
            .with_context(|| format!("open {}", path.display()))?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder inside, for this user alone.
    pub(crate) fn dir(&self, name: &str) -> Result<PathBuf> {
        let dir = self.path.join(name);
        make_dir(&dir, 0o700)?;
        Ok(dir)
    }

    /// A JSON file inside, if it is there.
    pub(crate) fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        read_json(&self.path.join(name))
    }

    /// Writes a JSON file inside, for this user alone.
    pub(crate) fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let mut text = serde_json::to_string_pretty(value)?;
        text.push('\n');
        write_private(&self.path.join(name), text.as_bytes())
    }

    /// Writes a file inside, for this user alone.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<()> {
        write_private(&self.path.join(name), content.as_bytes())
    }
}

/// Reads a JSON file; `None` when there is none.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match std::fs::read(path) {
        Ok(content) => {
            let value = serde_json::from_slice(&content);
            value
                .map(Some)
                .with_context(|| format!("parse {}", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// Replaces a file at once, mode 0600: a reader sees the old content or the new, a crash leaves one of them.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let name = path
        .file_name()
        .context("a file needs a name")?
        .to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.partial"));
    let write = || -> std::io::Result<()> {
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    };
    write().with_context(|| format!("write {}", path.display()))
}

/// Makes a folder with this mode, or sets the mode of the one that is there.
pub(crate) fn make_dir(path: &Path, mode: u32) -> Result<()> {
    let make = || -> std::io::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
    };
    make().with_context(|| format!("make {}", path.display()))
}

/// The kernel ends this lock with the process, so a killed `up` leaves none behind.
fn lock(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid)?;
            bail!(
                "`cargo xtask up` already runs on {} (process {}): use that one, end it, or pass another --state-dir",
                dir.display(),
                pid.trim()
            );
        }
        Err(TryLockError::Error(error)) => return Err(error).context("lock the state folder"),
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_user_of_the_folder_is_told_who_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let first = State::open(&path).unwrap();
        let refused = State::open(&path).err().unwrap().to_string();
        assert!(
            refused.contains(&std::process::id().to_string()),
            "{refused}"
        );
        drop(first);
        State::open(&path).unwrap();
    }

    #[test]
    fn files_are_private_and_come_back_as_written() {
        let dir = tempfile::tempdir().unwrap();
        let state = State::open(dir.path()).unwrap();
        assert_eq!(state.read_json::<Vec<u8>>("numbers.json").unwrap(), None);
        state.write_json("numbers.json", &[1, 2]).unwrap();
        assert_eq!(
            state.read_json::<Vec<u8>>("numbers.json").unwrap(),
            Some(vec![1, 2])
        );
        let mode = std::fs::metadata(dir.path().join("numbers.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

//! Folders and files that only those see who must, written whole or not at all.
//!
//! The daemon may be root and an instance may be hostile: what it could replace (anything inside a folder of its
//! own) is never followed, and never changed by name but by the open file.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::fs::{chown, fchown, lchown};
use std::path::Path;

use super::users::User;

/// Makes the folder of the daemon's state. Root's lets others pass, since instances have users of their own; what
/// is in it is closed by itself.
pub fn state_dir(path: &Path) -> io::Result<()> {
    if nix::unistd::geteuid().is_root() {
        passable_dir(path)
    } else {
        private_dir(path)
    }
}

/// Makes a folder that only we may enter, or closes the one that is there.
pub(super) fn private_dir(path: &Path) -> io::Result<()> {
    make_private_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Makes a folder that only we may enter, unless there is one.
pub(super) fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Makes a folder that everybody may pass through, and nobody else may look into.
fn passable_dir(path: &Path) -> io::Result<()> {
    make_private_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o711))
}

/// Makes a folder that everybody may read.
pub(super) fn public_dir(path: &Path) -> io::Result<()> {
    make_private_dir(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Makes a folder that is ours, and that one user may pass through.
pub(super) fn dir_towards(path: &Path, user: Option<User>) -> io::Result<()> {
    let Some(user) = user else {
        return private_dir(path);
    };
    make_private_dir(path)?;
    chown(path, None, Some(user.0))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o710))
}

/// Gives a folder with all in it to a user, unless it is theirs. It must be in a folder of ours and, before it
/// is theirs, closed to them: the folder itself goes last.
pub(super) fn give(path: &Path, user: Option<User>) -> io::Result<()> {
    make_private_dir(path)?;
    let Some(user) = user else {
        // From a user of its own back to ours, so that the way forth again finds it to be done anew.
        return if is_ours(path)? {
            Ok(())
        } else {
            lchown(path, Some(0), Some(0))
        };
    };
    if fs::symlink_metadata(path)?.uid() == user.0 {
        return Ok(());
    }
    give_all(path, user)
}

fn is_ours(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.uid() == nix::unistd::geteuid().as_raw())
}

fn give_all(path: &Path, user: User) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give_all(&entry?.path(), user)?;
        }
    }
    lchown(path, Some(user.0), Some(user.0))
}

/// Opens a file that only we may open, made when it is missing: whoever can open a lock can hold it.
pub(super) fn open_private(path: &Path) -> io::Result<fs::File> {
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Writes a file that only we may read; a reader sees the old content or the new, never a part.
pub(super) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    write_whole(path, content, |_| Ok(()))
}

/// As [`write_private`]; one user may read it.
pub(super) fn write_for(path: &Path, content: &[u8], user: Option<User>) -> io::Result<()> {
    let Some(user) = user else {
        return write_private(path, content);
    };
    let is_so = fs::read(path).is_ok_and(|present| present == content)
        && fs::metadata(path)?.gid() == user.0;
    if is_so {
        return Ok(());
    }
    write_whole(path, content, |file| {
        fchown(file, None, Some(user.0))?;
        file.set_permissions(fs::Permissions::from_mode(0o640))
    })
}

/// As [`write_private`]; it is that user's, and replaces whatever they put there.
pub(super) fn write_given(path: &Path, content: &[u8], user: Option<User>) -> io::Result<()> {
    write_whole(path, content, |file| match user {
        Some(User(number)) => fchown(file, Some(number), Some(number)),
        None => Ok(()),
    })
}

fn write_whole(
    path: &Path,
    content: &[u8],
    open_up: impl Fn(&fs::File) -> io::Result<()>,
) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        make_private_dir(parent)?;
    }
    let fresh = path.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    let written = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| open_up(&file))
        .and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // On a full disk even an empty rest is too much.
        let _ = fs::remove_file(&fresh);
    }
    written
}

/// Removes a folder and all in it; none is fine.
pub(super) fn remove_dir(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_are_private_and_replaced_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/secret");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        remove_dir(dir.path().join("a").as_path()).unwrap();
        remove_dir(dir.path().join("a").as_path()).unwrap();
    }

    /// As root. What an instance may have put into its folder is given as it is, and leads nowhere.
    #[test]
    fn a_folder_is_given_without_following_what_is_in_it() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
        fs::write(&ours, "secret").unwrap();
        make_private_dir(&theirs.join("inner")).unwrap();
        std::os::unix::fs::symlink(&ours, theirs.join("inner/link")).unwrap();
        let user = Some(User(1_900_000_007));
        give(&theirs, user).unwrap();
        let owner = |path: &Path| fs::symlink_metadata(path).unwrap().uid();
        assert_eq!(owner(&theirs), 1_900_000_007);
        assert_eq!(owner(&theirs.join("inner/link")), 1_900_000_007);
        assert_eq!(owner(&ours), 0);
        // A file that is put in the place of theirs replaces a link, and is theirs.
        std::os::unix::fs::symlink(&ours, theirs.join("config")).unwrap();
        write_given(&theirs.join("config"), b"new", user).unwrap();
        assert_eq!(fs::read(&ours).unwrap(), b"secret");
        assert_eq!(owner(&theirs.join("config")), 1_900_000_007);
        give(&theirs, None).unwrap();
        assert_eq!(owner(&theirs), 0);
    }
}

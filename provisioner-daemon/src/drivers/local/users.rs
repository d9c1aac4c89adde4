//! Users of this machine for instances: one for each where the daemon may choose, so that no instance reads
//! another's files.

use std::io;
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::files;

/// The numbers of instances' users, and of the groups beside them: none that accounts, containers or systemd
/// give out.
const NUMBERS: Range<u32> = 1_900_000_000..1_901_000_000;

/// Whom an instance's processes run as. Its group has the same number, and nobody else is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User(pub(super) u32);

/// Gives out users; the group of an instance's folder notes which one it got.
pub(super) struct Users {
    /// Two instances that are made at once must not get the same one.
    choosing: Mutex<()>,
}

impl Users {
    /// Whether instances can have users of their own, whose processes must reach these folders; if not, why.
    pub(super) fn find(folders: &[&Path]) -> Result<Self, String> {
        if !nix::unistd::geteuid().is_root() {
            return Err("only root may start processes as somebody else".to_owned());
        }
        let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        if !covers(&map) {
            return Err(format!("this container has no users {NUMBERS:?}"));
        }
        let closed = folders.iter().find(|folder| !is_open(folder));
        match closed {
            Some(folder) => Err(format!("other users cannot enter {}", folder.display())),
            None => Ok(Self {
                choosing: Mutex::new(()),
            }),
        }
    }

    /// The user of the instance whose folder this is, noted in the folder, which is made when it is missing.
    pub(super) fn of(&self, dir: &Path, id: Uuid) -> io::Result<User> {
        let _one_at_a_time = self.choosing.lock().unwrap_or_else(PoisonError::into_inner);
        files::make_private_dir(dir)?;
        if let Some(user) = noted(dir) {
            return Ok(user);
        }
        let neighbours = dir.parent().unwrap_or(dir);
        let taken: Vec<User> = std::fs::read_dir(neighbours)?
            .flatten()
            .filter_map(|entry| noted(&entry.path()))
            .collect();
        let user = choose(id, &taken);
        std::os::unix::fs::chown(dir, None, Some(user.0))?;
        Ok(user)
    }
}

/// The user whose group a folder has.
pub(super) fn noted(dir: &Path) -> Option<User> {
    let group = std::fs::symlink_metadata(dir).ok()?.gid();
    NUMBERS.contains(&group).then_some(User(group))
}

/// By the id, so that two daemons of one machine hardly give out the same; the next free one after that.
fn choose(id: Uuid, taken: &[User]) -> User {
    let count = NUMBERS.end - NUMBERS.start;
    let place = u32::try_from(id.as_u128() % u128::from(count)).unwrap_or(0);
    (0..count)
        .map(|step| User(NUMBERS.start + (place + step) % count))
        .find(|user| !taken.contains(user))
        .unwrap_or(User(NUMBERS.start + place))
}

/// Whether a user namespace has all the numbers: `inside outside count` a line.
fn covers(map: &str) -> bool {
    map.lines().any(|line| {
        let numbers: Vec<u64> = line
            .split_whitespace()
            .filter_map(|field| field.parse().ok())
            .collect();
        matches!(numbers[..], [inside, _, count]
            if inside <= u64::from(NUMBERS.start) && inside + count >= u64::from(NUMBERS.end))
    })
}

/// Whether everybody may use what is there: enter a folder, or read a file; and enter all folders above.
pub(super) fn is_open(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    let allows = |path: &Path, bits: u32| {
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & bits == bits)
    };
    let wanted = if path.is_dir() { 0o001 } else { 0o004 };
    allows(&path, wanted) && path.ancestors().skip(1).all(|above| allows(above, 0o001))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_follows_from_the_id_unless_a_neighbour_has_it() {
        let id = Uuid::from_u128(999_999);
        let last = User(NUMBERS.end - 1);
        assert_eq!(choose(id, &[]), last);
        assert_eq!(choose(id, &[last]), User(NUMBERS.start));
    }

    #[test]
    fn a_container_must_have_the_numbers() {
        assert!(covers("         0          0 4294967295\n"));
        assert!(!covers("         0     100000      65536\n"));
        assert!(!covers(""));
    }

    #[test]
    fn a_folder_is_open_when_all_above_are() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(dir.path(), 0o711);
        set(&inner, 0o711);
        assert!(is_open(&inner));
        set(dir.path(), 0o700);
        assert!(!is_open(&inner));
        assert!(!is_open(&dir.path().join("missing")));
    }
}

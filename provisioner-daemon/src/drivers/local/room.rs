//! Whether the disk has room for what an instance writes at its start.

use std::io;
use std::path::Path;
use std::time::Duration;

use nix::sys::statvfs::statvfs;

/// A start writes less; the rest is so that it can go on a while.
const NEEDED_BYTES: u64 = 64 * 1024 * 1024;

/// How often it is looked whether there is room again.
pub(super) const LOOK: Duration = Duration::from_secs(2);
/// What customers read meanwhile.
pub(super) const NONE: &str =
    "The platform's disk is full. It goes on by itself once there is room.";

/// Whether there is too little room for a start. What cannot be asked is taken for room.
#[expect(
    clippy::useless_conversion,
    reason = "not every system counts in 64 bits"
)]
pub(super) fn is_used_up(dir: &Path) -> bool {
    statvfs(dir).is_ok_and(|disk| {
        let free_bytes = u64::from(disk.blocks_available()) * u64::from(disk.fragment_size());
        // Some file systems count no files.
        let has_files = disk.files() == 0 || disk.files_available() > 0;
        free_bytes < NEEDED_BYTES || !has_files
    })
}

/// Whether it is for want of room that something could not be written.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

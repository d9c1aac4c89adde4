//! How much room files take. What is in an instance's folder is its own to name, link and change meanwhile.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// More entries than this are not gone through.
const MOST_ENTRIES: usize = 2_000_000;
/// A block as the kernel counts them, in bytes.
const BLOCK: u64 = 512;

/// What all files below a folder take on the disk, in bytes; links are not followed. Nothing where there is no folder.
pub(super) fn bytes_below(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut entries = 0;
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let Some(inside) = there(fs::read_dir(&folder))? else {
            continue;
        };
        for entry in inside {
            let entry = entry?;
            entries += 1;
            if entries > MOST_ENTRIES {
                return Err(io::Error::other("too many files to be counted"));
            }
            let Some(about) = there(entry.metadata())? else {
                continue;
            };
            bytes += about.blocks() * BLOCK;
            if about.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(bytes)
}

/// None for what went away meanwhile, or became something else.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match found {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        found => found.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_count_and_links_do_not() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(bytes_below(&dir.path().join("none")).unwrap(), 0);
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let empty = bytes_below(dir.path()).unwrap();
        fs::write(inner.join("file"), vec![1; 100_000]).unwrap();
        std::os::unix::fs::symlink("/usr", inner.join("link")).unwrap();
        let full = bytes_below(dir.path()).unwrap();
        assert!(
            (100_000..120_000).contains(&(full - empty)),
            "{empty} {full}"
        );
    }
}

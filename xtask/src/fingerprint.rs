//! Whether the inputs of a step changed since it last succeeded: a SHA-256 over names and contents.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Collects inputs; equal digests mean that nothing changed.
pub(crate) struct Fingerprint {
    hash: Sha256,
}

impl Fingerprint {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            hash: Sha256::new(),
        }
    }

    /// Adds a file's name and content; a missing file counts as such.
    pub(crate) fn file(mut self, path: &Path) -> Result<Self> {
        self.hash.update(path.as_os_str().as_encoded_bytes());
        match std::fs::read(path) {
            Ok(content) => {
                self.hash.update([1]);
                self.hash.update((content.len() as u64).to_le_bytes());
                self.hash.update(&content);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.hash.update([0]),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        }
        Ok(self)
    }

    /// Adds every file below a folder, in a fixed order, without the folders named in `skip`.
    pub(crate) fn folder(mut self, dir: &Path, skip: &[&str]) -> Result<Self> {
        let mut files = Vec::new();
        collect_files(dir, skip, &mut files)?;
        files.sort();
        for file in files {
            self = self.file(&file)?;
        }
        Ok(self)
    }

    /// The digest in hexadecimal.
    pub(crate) fn digest(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

fn collect_files(dir: &Path, skip: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))? {
        let entry = entry?;
        let skipped = entry
            .file_name()
            .to_str()
            .is_some_and(|name| skip.contains(&name));
        if skipped {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect_files(&entry.path(), skip, files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A file that remembers the digest of the last success.
pub(crate) struct Stamp {
    path: PathBuf,
}

impl Stamp {
    /// The stamp kept in this file.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether the last success had these inputs.
    pub(crate) fn matches(&self, digest: &str) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|stored| stored == digest)
    }

    /// Forgets the last success; call it before the work, which spoils what that left behind.
    pub(crate) fn forget(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Records a success; call it after the work, so that an interrupted step runs again.
    pub(crate) fn record(&self, digest: &str) -> Result<()> {
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&self.path, digest).with_context(|| format!("write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_below_a_folder_changes_the_digest_and_a_skipped_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let digest = || {
            Fingerprint::new()
                .folder(dir.path(), &["skipped"])
                .unwrap()
                .digest()
        };
        std::fs::create_dir_all(dir.path().join("skipped")).unwrap();
        std::fs::create_dir_all(dir.path().join("src")).unwrap();
        std::fs::write(dir.path().join("src/a"), "1").unwrap();
        let before = digest();
        std::fs::write(dir.path().join("skipped/b"), "1").unwrap();
        assert_eq!(digest(), before);
        std::fs::write(dir.path().join("src/a"), "2").unwrap();
        assert_ne!(digest(), before);
    }

    #[test]
    fn a_stamp_matches_only_what_it_recorded_last() {
        let dir = tempfile::tempdir().unwrap();
        let stamp = Stamp::at(dir.path().join("deep/stamp"));
        assert!(!stamp.matches("one"));
        stamp.record("one").unwrap();
        assert!(stamp.matches("one"));
        assert!(!stamp.matches("two"));
        stamp.forget().unwrap();
        assert!(!stamp.matches("one"));
        stamp.forget().unwrap();
    }
}

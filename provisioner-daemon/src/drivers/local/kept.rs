//! Folders that are made once and then kept: whole, or taken for absent.
//!
//! Each is made under a name that nothing else uses; a marker file, written last, says which one is whole. What
//! was interrupted is never taken for finished and goes with the next.

use std::io;
use std::path::{Path, PathBuf};

use super::files;

/// Where one such folder is.
pub(super) struct Kept<'a> {
    folder: &'a Path,
    prefix: String,
}

impl<'a> Kept<'a> {
    /// In a folder, by what it holds.
    pub(super) const fn new(folder: &'a Path, prefix: String) -> Self {
        Self { folder, prefix }
    }

    fn marker(&self) -> PathBuf {
        self.folder.join(format!("{}.ready", self.prefix))
    }

    /// The one that is whole.
    pub(super) fn find(&self) -> Option<PathBuf> {
        let name = std::fs::read_to_string(self.marker()).ok()?;
        Some(self.folder.join(name.trim()))
    }

    /// A name for a new one, when none is there that can be used. What is left of others goes.
    pub(super) fn begin(&self) -> io::Result<PathBuf> {
        match std::fs::remove_file(self.marker()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for entry in std::fs::read_dir(self.folder)?.flatten() {
            let name = entry.file_name();
            let is_left = name
                .to_str()
                .is_some_and(|name| name.starts_with(&self.prefix));
            if is_left && let Err(error) = files::remove_dir(&entry.path()) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an interrupted installation stays"
                );
            }
        }
        let part = hex::encode(rand::random::<[u8; 4]>());
        Ok(self.folder.join(format!("{}.{part}", self.prefix)))
    }

    /// From now on that one is whole.
    pub(super) fn seal(&self, made: &Path) -> io::Result<()> {
        let name = made.file_name().unwrap_or_default();
        files::write_private(&self.marker(), name.as_encoded_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_is_found_and_the_rest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path(), "thing-1".to_owned());
        let interrupted = kept.begin().unwrap();
        std::fs::create_dir(&interrupted).unwrap();
        assert_eq!(kept.find(), None);
        let whole = kept.begin().unwrap();
        assert!(!interrupted.exists());
        std::fs::create_dir(&whole).unwrap();
        kept.seal(&whole).unwrap();
        assert_eq!(kept.find(), Some(whole));
    }
}

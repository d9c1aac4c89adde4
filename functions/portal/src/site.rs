//! The site's files, as the build wrote them: they do not change while an instance of this function lives.

use std::io::ErrorKind;
use std::path::PathBuf;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::policy::InlineScripts;

/// Largest file, in bytes. The portal's largest is a tenth of it.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A file's content and what names this content.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// The content.
    pub(crate) body: Bytes,
    /// A strong entity tag, quotes included.
    pub(crate) etag: String,
}

/// Why a file that should be there could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// Reading did not work.
    #[error("read {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// Larger than what is served.
    #[error("{0} has {1} bytes, more than {LARGEST}")]
    TooLarge(String, u64),
    /// The build's list of inline scripts is not what it should be.
    #[error("csp.json: {0}")]
    Scripts(String),
}

/// The folder with the files.
pub(crate) struct Site {
    root: PathBuf,
}

impl Site {
    /// The files below `root`.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// One file by its name, which `location::locate` has found harmless; none where there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<File>, SiteError> {
        let path = self.root.join(name);
        let unreadable = |error| SiteError::Unreadable(name.to_owned(), error);
        let length = match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => return Ok(None),
            // "a.html/b": a file where a folder would have to be
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error)),
        };
        if length > LARGEST {
            return Err(SiteError::TooLarge(name.to_owned(), length));
        }
        let body = Bytes::from(std::fs::read(&path).map_err(unreadable)?);
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
        Ok(Some(File { body, etag }))
    }

    /// Which inline scripts the pages have.
    pub(crate) fn inline_scripts(&self) -> Result<InlineScripts, SiteError> {
        let file = self
            .read("csp.json")?
            .ok_or_else(|| SiteError::Scripts("is not there".to_owned()))?;
        serde_json::from_slice(&file.body).map_err(|error| SiteError::Scripts(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_and_named_by_their_content() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/one.js"), "1").unwrap();
        std::fs::write(folder.path().join("two.js"), "2").unwrap();
        std::fs::write(folder.path().join("again.js"), "1").unwrap();
        let site = Site::new(folder.path());
        let tag = |name: &str| site.read(name).unwrap().unwrap().etag;
        assert_eq!(&site.read("a/one.js").unwrap().unwrap().body[..], b"1");
        assert_eq!(tag("a/one.js"), tag("again.js"));
        assert_ne!(tag("a/one.js"), tag("two.js"));
        assert!(tag("two.js").starts_with('"') && tag("two.js").ends_with('"'));
        for absent in ["three.js", "a", "two.js/x.js", "b/c.js"] {
            assert!(site.read(absent).unwrap().is_none(), "{absent}");
        }
    }

    #[test]
    fn a_file_that_would_fill_the_memory_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(folder.path().join("huge.js")).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        let refused = Site::new(folder.path()).read("huge.js");
        assert!(
            matches!(refused, Err(SiteError::TooLarge(..))),
            "{refused:?}"
        );
    }

    #[test]
    fn the_list_of_scripts_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::new(folder.path());
        assert!(site.inline_scripts().is_err());
        std::fs::write(folder.path().join("csp.json"), "[]").unwrap();
        assert!(site.inline_scripts().is_err());
        std::fs::write(folder.path().join("csp.json"), r#"{"index.html":[]}"#).unwrap();
        assert!(site.inline_scripts().is_ok());
    }
}

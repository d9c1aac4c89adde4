//! The highest fence that worked on an instance, beside its files. A database that was restored from an older
//! backup would give out lower ones again.

use std::io;
use std::path::Path;

use super::files;

/// Notes `fence` unless a higher one is there; answers the one that is there then.
pub(super) fn raise(dir: &Path, fence: i64) -> io::Result<i64> {
    let path = dir.join("fence");
    let noted = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().unwrap_or(0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    if noted < fence {
        files::write_private(&path, fence.to_string().as_bytes())?;
    }
    Ok(noted.max(fence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_only_rises() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(raise(dir.path(), 5).unwrap(), 5);
        assert_eq!(raise(dir.path(), 4).unwrap(), 5);
        assert_eq!(raise(dir.path(), 6).unwrap(), 6);
    }
}

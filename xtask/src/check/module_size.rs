//! Modules stay small: a host compiles each when it starts, and every component costs memory.

use std::path::Path;

use anyhow::{Context, Result};

use super::finding::Finding;

/// Largest module, in bytes: 1.3 MiB. The largest of today's has 1.1.
const LARGEST: u64 = 1_363_148;

/// Judges the modules of a folder, as `cargo xtask build` left them.
pub(super) fn judge(modules: &Path) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(modules).with_context(|| format!("list {}", modules.display()))?;
    for entry in entries {
        let entry = entry?;
        let size = entry.metadata()?.len();
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "wasm") && size > LARGEST {
            found.push(Finding::new(
                format!("target/functions/{}", entry.file_name().display()),
                format!("has {} KiB, more than {}", size / 1024, LARGEST / 1024),
                "see what it links (`cargo tree --edges normal --package` its name), or divide the function",
            ));
        }
    }
    found.sort_by_key(ToString::to_string);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_larger_modules_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, size| {
            let file = std::fs::File::create(dir.path().join(name)).unwrap();
            file.set_len(size).unwrap();
        };
        write("small.wasm", LARGEST);
        write("large.wasm", LARGEST + 1);
        write("note.txt", LARGEST + 1);
        let found = judge(dir.path()).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().contains("large.wasm: has 1331 KiB"));
    }

    #[test]
    fn no_modules_at_all_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(judge(&dir.path().join("nonesuch")).is_err());
    }
}

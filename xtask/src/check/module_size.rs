//! Modules stay small: a host compiles each when it starts, and every component costs memory.

use std::path::Path;

use anyhow::{Context, Result};

use super::finding::Finding;
use super::tree::manifest::Manifest;

/// Largest module, in bytes: 1.3 MiB. The largest of today's has 1.1.
const LARGEST: u64 = 1_363_148;

/// Judges the modules that the manifest names, as `cargo xtask build` left them below `root`.
pub(super) fn judge(root: &Path, manifest: &Manifest) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (id, component) in &manifest.component {
        let Some(module) = component.module() else {
            continue; // from elsewhere, which another rule finds
        };
        let path = root.join(module);
        let size = std::fs::metadata(&path)
            .with_context(|| format!("weigh {module}, the module of {id}"))?
            .len();
        if size > LARGEST {
            found.push(Finding::new(
                module,
                format!("has {} KiB, more than {}", size / 1024, LARGEST / 1024),
                "see what it links (`cargo tree --edges normal --package` its name), or divide the function",
            ));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[component.small]\nsource = \"small.wasm\"\n\
                            [component.large]\nsource = \"large.wasm\"";

    #[test]
    fn only_larger_modules_are_found() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, size| {
            let file = std::fs::File::create(root.path().join(name)).unwrap();
            file.set_len(size).unwrap();
        };
        write("small.wasm", LARGEST);
        write("large.wasm", LARGEST + 1);
        let found = judge(root.path(), &Manifest::parse(MANIFEST).unwrap()).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().contains("large.wasm: has 1331 KiB"));
    }

    #[test]
    fn a_module_that_is_not_there_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        assert!(judge(root.path(), &Manifest::parse(MANIFEST).unwrap()).is_err());
    }
}

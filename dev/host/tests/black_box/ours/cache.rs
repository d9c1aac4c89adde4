//! Compiled components are kept, and damage to them does no harm.

use std::path::{Path, PathBuf};

use crate::support::host::manifest;
use crate::support::{Host, only_ours};

const PLACE: &str = "where compiled components are kept is our own choice";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[tokio::test]
async fn damaged_files_are_compiled_anew() {
    if only_ours(PLACE) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let arguments = ["--state-dir", state.path().to_str().unwrap()];
    let first = Host::serve(&manifest(""), &arguments);
    assert_eq!(first.get("/probe").await.0, 200);
    drop(first);
    let kept = files(&state.path().join("compiled"));
    assert!(!kept.is_empty(), "nothing was kept");
    for file in &kept {
        let bytes = std::fs::read(file).unwrap();
        std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    }
    let second = Host::serve(&manifest(""), &arguments);
    assert_eq!(second.get("/probe").await.0, 200);
}

#[tokio::test]
async fn nothing_is_kept_when_told() {
    if only_ours(PLACE) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let arguments = [
        "--disable-cache",
        "--state-dir",
        state.path().to_str().unwrap(),
    ];
    let host = Host::serve(&manifest(""), &arguments);
    assert_eq!(host.get("/probe").await.0, 200);
    assert!(files(state.path()).is_empty());
}

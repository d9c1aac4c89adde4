//! Files: a function has them exactly when its code reads some, and where its code looks.

use super::super::finding::Finding;
use super::super::tree::Crate;
use super::super::tree::manifest::{self, Component};
use super::table::READS_FILES;

/// Judges one component's `files`.
pub(super) fn judge(function: &Crate, component: &Component) -> Vec<Finding> {
    let place = manifest::place_of(&function.name);
    let tokens = || function.sources.iter().flat_map(|file| &file.tokens);
    let reads = tokens().any(|token| token.is_any(READS_FILES));
    if !reads && !component.files.is_empty() {
        return vec![Finding::new(
            place,
            "has files, and the function reads none",
            "take them out",
        )];
    }
    if reads && component.files.is_empty() {
        return vec![Finding::new(
            place,
            "has no files, and the function reads some (`std::fs`)",
            "add files = [{ source = …, destination = … }]",
        )];
    }
    let mut found = Vec::new();
    for mount in &component.files {
        let Some(destination) = destination(mount) else {
            found.push(Finding::new(
                &place,
                format!("the files {mount} are given by pattern"),
                "give a folder: { source = \"portal/out\", destination = \"/site\" }",
            ));
            continue;
        };
        if !tokens().any(|token| token.text() == Some(destination)) {
            found.push(Finding::new(
                &place,
                format!("has files at `{destination}`, where the function does not look"),
                "take them out, or write the same destination as a literal in the function",
            ));
        }
    }
    found
}

fn destination(mount: &toml::Value) -> Option<&str> {
    mount.get("destination")?.as_str()
}

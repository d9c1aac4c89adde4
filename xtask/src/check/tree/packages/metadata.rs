//! What `cargo metadata` writes, by the few fields that the rules need.
//!
//! The crate `cargo_metadata` would do, but switches a feature of `serde_json` on: only where xtask is built along,
//! so that everything above `serde_json` would be compiled twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{Link, Package, Packages};

/// All of it.
#[derive(Deserialize)]
pub(super) struct Metadata {
    packages: Vec<Described>,
    workspace_members: BTreeSet<String>,
    workspace_root: PathBuf,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Described {
    id: String,
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Declared>,
    features: BTreeMap<String, Vec<String>>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Declared {
    name: String,
    /// None for what is linked, else `dev` or `build`.
    kind: Option<String>,
    optional: bool,
    uses_default_features: bool,
    features: Vec<String>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Resolved>,
}

#[derive(Deserialize)]
struct Resolved {
    pkg: String,
    dep_kinds: Vec<DepKind>,
}

#[derive(Deserialize)]
struct DepKind {
    kind: Option<String>,
}

impl Metadata {
    /// The graph that it describes.
    pub(super) fn packages(&self) -> Result<Packages> {
        let described = self.packages.iter();
        let mut packages: Vec<Package> = described.map(|one| one.package(self)).collect();
        let described = self.packages.iter().enumerate();
        let index: HashMap<&str, usize> =
            described.map(|(at, one)| (one.id.as_str(), at)).collect();
        let find = |id: &str| index.get(id).copied().context("a package is not described");
        for node in &self.resolve.nodes {
            let from = find(&node.id)?;
            for resolved in node.deps.iter().filter(|one| one.is_linked()) {
                let to = find(&resolved.pkg)?;
                let links = self.links(from, packages[from].ours, to);
                packages[from].links.extend(links);
            }
        }
        Ok(Packages(packages))
    }

    /// Links of one package to another: of ours as its `Cargo.toml` says, of others as resolved.
    fn links(&self, from: usize, ours: bool, to: usize) -> Vec<Link> {
        if !ours {
            let features = BTreeSet::new();
            let optional = false;
            return vec![Link {
                to,
                optional,
                features,
            }];
        }
        let name = &self.packages[to].name;
        let declared = self.packages[from].dependencies.iter();
        declared
            .filter(|dependency| dependency.kind.is_none() && dependency.name == *name)
            .map(|dependency| Link {
                to,
                optional: dependency.optional,
                features: dependency.asked(),
            })
            .collect()
    }
}

impl Described {
    /// The package, without links yet.
    fn package(&self, metadata: &Metadata) -> Package {
        let ours = metadata.workspace_members.contains(&self.id);
        let folder = self.manifest_path.parent();
        let folder = folder.and_then(|dir| dir.strip_prefix(&metadata.workspace_root).ok());
        let linked = |target: &&Target| target.is_linked();
        Package {
            name: self.name.clone(),
            ours,
            folder: folder
                .filter(|_| ours)
                .map_or_else(String::new, |dir| dir.to_string_lossy().into_owned()),
            roots: self
                .targets
                .iter()
                .filter(linked)
                .map(|target| target.src_path.clone())
                .collect(),
            links: Vec::new(),
            features: self.features.clone(),
        }
    }
}

impl Declared {
    fn asked(&self) -> BTreeSet<String> {
        let default = self.uses_default_features.then(|| "default".to_owned());
        self.features.iter().cloned().chain(default).collect()
    }
}

impl Target {
    /// A library or a program: no test, example, benchmark or build script.
    fn is_linked(&self) -> bool {
        let linked = [
            "lib",
            "rlib",
            "cdylib",
            "dylib",
            "staticlib",
            "proc-macro",
            "bin",
        ];
        self.kind.iter().any(|kind| linked.contains(&kind.as_str()))
    }
}

impl Resolved {
    fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.is_none())
    }
}

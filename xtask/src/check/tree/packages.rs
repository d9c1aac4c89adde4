//! The graph of packages, as `cargo metadata` resolves it: ours and everything that they link.

mod metadata;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::metadata::Metadata;
use crate::tools;

/// All packages; an index names one.
pub(in crate::check) struct Packages(pub(in crate::check) Vec<Package>);

/// One package.
#[derive(Default)]
pub(in crate::check) struct Package {
    pub(in crate::check) name: String,
    /// Whether it is of this workspace.
    pub(in crate::check) ours: bool,
    /// Below the root; empty for those that are not ours.
    pub(in crate::check) folder: String,
    /// First files of its library and programs.
    pub(in crate::check) roots: Vec<PathBuf>,
    /// What it links, tests and build scripts left out.
    pub(in crate::check) links: Vec<Link>,
    pub(in crate::check) features: BTreeMap<String, Vec<String>>,
}

/// That one package links another.
pub(in crate::check) struct Link {
    pub(in crate::check) to: usize,
    /// Only when a feature of the package that names it says so.
    pub(in crate::check) optional: bool,
    /// Features of `to` that it asks for.
    pub(in crate::check) features: BTreeSet<String>,
}

impl Packages {
    /// Asks cargo for the graph of the workspace below `root`.
    pub(in crate::check) fn load(root: &Path) -> Result<Self> {
        let output = tools::cargo()
            .current_dir(root)
            .args(["metadata", "--format-version", "1"])
            .output()
            .context("start cargo")?;
        if !output.status.success() {
            bail!(
                "cargo metadata: {}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).context("read what cargo metadata wrote")?;
        metadata.packages()
    }

    /// Those of this workspace.
    pub(in crate::check) fn ours(&self) -> impl Iterator<Item = (usize, &Package)> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, package)| package.ours)
    }

    /// Names of the packages that one links by its own word.
    pub(in crate::check) fn named_by(&self, package: &Package) -> Vec<String> {
        let names: BTreeSet<&str> = package
            .links
            .iter()
            .map(|link| self.0[link.to].name.as_str())
            .collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// Everything that a package links when it is built by itself with its default features. Each by the chain of
    /// packages that leads to it, from the package itself.
    ///
    /// What is optional in ours counts only where a feature asks for it; of other packages, whatever any build of
    /// this workspace links.
    pub(in crate::check) fn linked_by(&self, root: usize) -> Vec<Vec<usize>> {
        let mut reached: BTreeMap<usize, Reached> = BTreeMap::new();
        let mut order = Vec::new();
        let mut waiting = VecDeque::from([root]);
        reached.insert(root, Reached::first());
        while let Some(at) = waiting.pop_front() {
            let enabled = self.0[at].expand(&reached[&at].features);
            for link in &self.0[at].links {
                let Some(features) = self.asked(link, &enabled) else {
                    continue;
                };
                match reached.get_mut(&link.to) {
                    None => {
                        let by = Some(at);
                        reached.insert(link.to, Reached { by, features });
                        order.push(link.to);
                        waiting.push_back(link.to);
                    }
                    Some(known) if !features.is_subset(&known.features) => {
                        known.features.extend(features);
                        waiting.push_back(link.to);
                    }
                    Some(_) => {}
                }
            }
        }
        order.iter().map(|&end| chain(&reached, end)).collect()
    }

    /// The features that a link asks for when these of its package are on; none when it is off.
    fn asked(&self, link: &Link, enabled: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        let name = &self.0[link.to].name;
        let mut on = !link.optional;
        let mut features = link.features.clone();
        for feature in enabled {
            let (dependency, wanted) = match feature.split_once('/') {
                Some((dependency, wanted)) => (dependency, Some(wanted)),
                None => (feature.strip_prefix("dep:").unwrap_or(feature), None),
            };
            if dependency.trim_end_matches('?') != name {
                continue;
            }
            on |= !dependency.ends_with('?');
            features.extend(wanted.map(str::to_owned));
        }
        on.then_some(features)
    }
}

impl Package {
    /// The features that these switch on, and what these are made of.
    fn expand(&self, features: &BTreeSet<String>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut waiting: Vec<&String> = features.iter().collect();
        while let Some(feature) = waiting.pop() {
            if all.insert(feature.clone()) {
                waiting.extend(self.features.get(feature).into_iter().flatten());
            }
        }
        all
    }
}

struct Reached {
    by: Option<usize>,
    features: BTreeSet<String>,
}

impl Reached {
    fn first() -> Self {
        Self {
            by: None,
            features: BTreeSet::from(["default".to_owned()]),
        }
    }
}

fn chain(reached: &BTreeMap<usize, Reached>, end: usize) -> Vec<usize> {
    let mut chain = vec![end];
    let mut at = end;
    while let Some(by) = reached.get(&at).and_then(|one| one.by) {
        chain.push(by);
        at = by;
    }
    chain.reverse();
    chain
}

#[cfg(test)]
pub(in crate::check) mod fixture;
#[cfg(test)]
mod tests;

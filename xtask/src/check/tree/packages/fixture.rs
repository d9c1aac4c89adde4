//! Graphs of packages for the rules' tests.

use std::collections::BTreeSet;

use super::{Link, Package, Packages};

/// A graph from lines such as `crates/store: crates/domain tokio?native`. A package with a folder is ours, named by
/// its last segment; `name?feature` is linked only with that feature of the package, `name+feature` asks for a
/// feature of the other.
pub(in crate::check) fn graph(lines: &[&str]) -> Packages {
    let mut packages = Packages(Vec::new());
    for line in lines {
        let (package, linked) = line.split_once(':').unwrap();
        let from = named(&mut packages, package.trim());
        for written in linked.split_whitespace() {
            add(&mut packages, from, written);
        }
    }
    packages
}

fn add(packages: &mut Packages, from: usize, written: &str) {
    let (name, feature) = written
        .split_once('?')
        .map_or((written, None), |(name, feature)| (name, Some(feature)));
    let (name, asked) = name
        .split_once('+')
        .map_or((name, None), |(name, asked)| (name, Some(asked)));
    let to = named(packages, name);
    if let Some(feature) = feature {
        let switched = format!("dep:{}", packages.0[to].name);
        let features = &mut packages.0[from].features;
        features
            .entry(feature.to_owned())
            .or_default()
            .push(switched);
    }
    packages.0[from].links.push(Link {
        to,
        optional: feature.is_some(),
        features: asked
            .into_iter()
            .chain(["default"])
            .map(str::to_owned)
            .collect::<BTreeSet<_>>(),
    });
}

fn named(packages: &mut Packages, written: &str) -> usize {
    let (folder, name) = match written.rsplit_once('/') {
        Some((_, name)) => (written, name),
        None => ("", written),
    };
    if let Some(at) = packages
        .0
        .iter()
        .position(|package| package.name == name && package.folder == folder)
    {
        return at;
    }
    packages.0.push(Package {
        name: name.to_owned(),
        ours: !folder.is_empty(),
        folder: folder.to_owned(),
        ..Package::default()
    });
    packages.0.len() - 1
}

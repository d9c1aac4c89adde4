//! The application's variables: each is given to some component, each that is given exists, and no host rule is
//! wide open.

use std::collections::BTreeSet;

use super::super::finding::Finding;
use super::super::tree::manifest::{self, Manifest, names_in};

/// Judges the variables and the rules for hosts.
pub(super) fn judge(manifest: &Manifest) -> Vec<Finding> {
    let mut found = unknown(manifest);
    found.extend(unused(manifest));
    found.extend(wide_open(manifest));
    found
}

/// Templates of a component, with the component's name.
fn templates(manifest: &Manifest) -> impl Iterator<Item = (&str, &str)> {
    manifest.component.iter().flat_map(|(id, component)| {
        let texts = component
            .variables
            .values()
            .chain(&component.allowed_outbound_hosts);
        texts.map(|text| (id.as_str(), text.as_str()))
    })
}

fn unknown(manifest: &Manifest) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, template) in templates(manifest) {
        for name in names_in(template) {
            if !manifest.variables.contains_key(name) {
                found.push(Finding::new(
                    manifest::place_of(id),
                    format!("`{template}` names `{name}`, which is no variable of the application"),
                    "add it to [variables], or mend the name",
                ));
            }
        }
    }
    found
}

fn unused(manifest: &Manifest) -> Vec<Finding> {
    let used: BTreeSet<&str> = templates(manifest)
        .flat_map(|(_, text)| names_in(text))
        .collect();
    let unused = manifest
        .variables
        .keys()
        .filter(|name| !used.contains(name.as_str()));
    unused
        .map(|name| {
            Finding::new(
                format!("{}, [variables]", manifest::FILE),
                format!("`{name}` is given to no component"),
                "take it out, or give it to the component that needs it",
            )
        })
        .collect()
}

/// Entries for any host, written out or as a variable's default.
fn wide_open(manifest: &Manifest) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, component) in &manifest.component {
        for entry in &component.allowed_outbound_hosts {
            let defaults = names_in(entry)
                .into_iter()
                .filter_map(|name| manifest.variables.get(name)?.default.as_deref());
            for text in defaults
                .chain([entry.as_str()])
                .filter(|text| is_wide_open(text))
            {
                found.push(Finding::new(
                    manifest::place_of(id),
                    format!("may talk to any host: `{text}`"),
                    "name the hosts",
                ));
            }
        }
    }
    found
}

/// Whether the scheme or the whole host is a `*`, or the host a network of all addresses.
fn is_wide_open(entry: &str) -> bool {
    let Some((scheme, rest)) = entry.trim().split_once("://") else {
        return entry.trim() == "insecure:allow-all";
    };
    let named = rest.trim_start_matches(['*', '.']);
    let is_nameless = named.is_empty() || named.starts_with([':', '/']);
    let is_every_network = rest.ends_with("/0") || rest.contains("/0:");
    scheme == "*" || is_nameless || is_every_network
}

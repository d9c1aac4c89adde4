//! A component of `spin.toml` has the capabilities that its function needs, no more and no fewer.

mod application;
mod files;
mod settings;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::table::{HARMLESS, NEEDS, When};
use super::finding::Finding;
use super::tree::manifest::{self, Component, Manifest};
use super::tree::{Crate, Tree, tokens};

/// Where the table of needs is.
const TABLE: &str = "xtask/src/check/capabilities/table.rs";

/// Judges every function's component, and the application's own variables.
pub(super) fn judge(tree: &Tree) -> Vec<Finding> {
    let functions: Vec<&Crate> = tree.functions().collect();
    let edge = tree.crates.iter().find(|one| one.name == "edge");
    let mut found = edge.map_or_else(Vec::new, complete);
    found.extend(components(&functions, &tree.manifest));
    found.extend(application::judge(&tree.manifest));
    found
}

fn components(functions: &[&Crate], manifest: &Manifest) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions {
        // one without a component is another rule's finding
        if let Some(component) = manifest.component.get(&function.name) {
            found.extend(judge_one(function, component));
        }
    }
    found
}

/// What a function needs, each with the reason.
#[derive(Default)]
struct Needed {
    variables: BTreeMap<String, String>,
    hosts: BTreeMap<String, String>,
}

fn judge_one(function: &Crate, component: &Component) -> Vec<Finding> {
    let place = manifest::place_of(&function.name);
    let (needed, mut found) = needed_by(function);
    let given: Vec<&str> = component.variables.keys().map(String::as_str).collect();
    found.extend(compare(&place, "variable", &given, &needed.variables));
    found.extend(other_values(&place, component));
    let mut hosts = Vec::new();
    for entry in &component.allowed_outbound_hosts {
        match as_variable(entry) {
            Some(name) => hosts.push(name),
            None => found.push(Finding::new(
                &place,
                format!("the host `{entry}` is written out"),
                format!("name hosts by a variable, as `{{{{ database_host }}}}`, and the need for it in {TABLE}"),
            )),
        }
    }
    found.extend(compare(&place, "host", &hosts, &needed.hosts));
    found.extend(files::judge(function, component));
    for other in component
        .others
        .keys()
        .filter(|key| !HARMLESS.contains(&key.as_str()))
    {
        found.push(Finding::new(
            &place,
            format!("has `{other}`, which no function needs"),
            format!("take it out, or say in {TABLE} what needs it"),
        ));
    }
    found
}

/// Variables that stand for another than themselves: a need for one would give a function the other.
fn other_values(place: &str, component: &Component) -> Vec<Finding> {
    let others = component
        .variables
        .iter()
        .filter(|(name, value)| as_variable(value) != Some(name.as_str()));
    others
        .map(|(name, value)| {
            Finding::new(
                place,
                format!("gives `{name}` another value: `{value}`"),
                format!("give it `{{{{ {name} }}}}`"),
            )
        })
        .collect()
}

/// Both ways: what is given without need, and what is needed and not given.
fn compare(
    place: &str,
    what: &str,
    given: &[&str],
    needed: &BTreeMap<String, String>,
) -> Vec<Finding> {
    let surplus = given.iter().filter(|&&name| !needed.contains_key(name));
    let surplus = surplus.map(|name| {
        Finding::new(
            place,
            format!("has the {what} `{name}`, which nothing in the function needs"),
            format!("take it out (what gives a need is listed in {TABLE})"),
        )
    });
    let missing = needed
        .iter()
        .filter(|(name, _)| !given.contains(&name.as_str()));
    let missing = missing.map(|(name, because)| {
        Finding::new(
            place,
            format!("lacks the {what} `{name}`: {because}"),
            format!("add `{{{{ {name} }}}}` to the component's {what}s"),
        )
    });
    surplus.chain(missing).collect()
}

fn needed_by(function: &Crate) -> (Needed, Vec<Finding>) {
    let mut needed = Needed::default();
    for need in NEEDS.iter().filter(|need| need.when.holds(function)) {
        let because = |name: &&str| ((*name).to_owned(), need.because.to_owned());
        needed.variables.extend(need.variables.iter().map(because));
        needed.hosts.extend(need.hosts.iter().map(because));
    }
    let (read, unclear) = settings::readings(&function.sources);
    for reading in read {
        let because = format!("it is read at {}", reading.place);
        needed.variables.entry(reading.variable).or_insert(because);
    }
    (needed, unclear)
}

impl When {
    fn holds(&self, function: &Crate) -> bool {
        let mut files = function.sources.iter();
        match self {
            Self::Always => true,
            Self::DependsOn(package) => function.depends_on.iter().any(|name| name == package),
            Self::Names(names) => {
                files.any(|file| file.tokens.iter().any(|token| token.is_any(names)))
            }
            Self::Calls(method) => {
                files.any(|file| tokens::calls(&file.tokens, method).next().is_some())
            }
        }
    }
}

/// The table holds the variables that `edge` reads, and no other.
fn complete(edge: &Crate) -> Vec<Finding> {
    let (read, mut found) = settings::readings(&edge.sources);
    let listed: Vec<&str> = NEEDS
        .iter()
        .flat_map(|need| need.variables)
        .copied()
        .collect();
    for reading in read
        .iter()
        .filter(|one| !listed.contains(&one.variable.as_str()))
    {
        found.push(Finding::new(
            &reading.place,
            format!(
                "reads `{}` for functions, and no need of {TABLE} has it",
                reading.variable
            ),
            "add it there to the need that leads here",
        ));
    }
    for name in listed
        .iter()
        .filter(|&&name| !read.iter().any(|one| one.variable == name))
    {
        found.push(Finding::new(
            TABLE,
            format!("lists `{name}`, which `edge` does not read"),
            "take it out; what a function reads by itself needs no line",
        ));
    }
    found
}

/// `name` of `{{ name }}`, when that is all.
fn as_variable(template: &str) -> Option<&str> {
    let name = template
        .trim()
        .strip_prefix("{{")?
        .strip_suffix("}}")?
        .trim();
    (!name.contains(['{', '}'])).then_some(name)
}

//! No two routes take the same requests: which of them would answer is left to chance or to their order.

use std::collections::HashMap;

use super::finding::Finding;
use super::tree::manifest::{self, Manifest};
use super::tree::routes::Route;
use super::tree::{Crate, Tree};

/// Judges `spin.toml` and the tables.
pub(super) fn judge(tree: &Tree) -> Vec<Finding> {
    let functions: Vec<&Crate> = tree.functions().collect();
    let mut found = in_manifest(&tree.manifest);
    found.extend(in_tables(&functions));
    found.extend(hidden(&functions));
    found
}

/// Equal routes of `spin.toml`: Spin takes one of them silently.
fn in_manifest(manifest: &Manifest) -> Vec<Finding> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut found = Vec::new();
    for route in manifest
        .triggers()
        .iter()
        .filter_map(|trigger| trigger.route())
    {
        if let Some(other) = seen.insert(shape(route), route) {
            found.push(Finding::new(
                manifest::FILE,
                format!("the routes `{other}` and `{route}` take the same paths"),
                "take one of them out",
            ));
        }
    }
    found
}

/// The route without the names of its parameters.
fn shape(route: &str) -> String {
    let spec = manifest::spec(route);
    let segments = spec.split('/');
    let segments: Vec<&str> = segments
        .map(|segment| {
            if segment.starts_with(':') {
                ":"
            } else {
                segment
            }
        })
        .collect();
    segments.join("/")
}

/// Equal lines of the tables, of one function or of two.
fn in_tables(functions: &[&Crate]) -> Vec<Finding> {
    let mut seen: HashMap<(String, String), &Route> = HashMap::new();
    let mut found = Vec::new();
    for route in functions.iter().flat_map(|function| &function.routes) {
        if let Some(other) = seen.insert((route.method.clone(), route.shape()), route) {
            found.push(Finding::new(
                &route.place,
                format!("{route} is also {other} at {}", other.place),
                "take one of them out",
            ));
        }
    }
    found
}

/// Lines that no request reaches, since one above takes all their paths: the first that fits answers.
fn hidden(functions: &[&Crate]) -> Vec<Finding> {
    let mut found = Vec::new();
    for function in functions {
        let lines: Vec<&Route> = function.routes.iter().collect();
        for (at, route) in lines.iter().enumerate() {
            let above = lines[..at].iter().find(|above| {
                above.method == route.method
                    && above.shape() != route.shape()
                    && above.covers(route)
            });
            if let Some(above) = above {
                found.push(Finding::new(
                    &route.place,
                    format!("{route} is never reached: {above} stands above it"),
                    "put it above",
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, lines: &[&str]) -> Crate {
        use std::fmt::Write as _;
        let mut table = String::new();
        for line in lines {
            let (method, path) = line.split_once(' ').unwrap();
            writeln!(table, "{method} read \"{path}\" => a::b;").unwrap();
        }
        Crate::for_tests(name, &[], &format!("edge::routes! {{ {table} }}"))
    }

    #[test]
    fn routes_of_one_shape_are_equal_in_the_manifest() {
        let manifest = |one: &str, other: &str| {
            let text = format!(
                "[[trigger.http]]\nroute = \"{one}\"\ncomponent = \"a\"\n\
                 [[trigger.http]]\nroute = \"{other}\"\ncomponent = \"b\""
            );
            in_manifest(&Manifest::parse(&text).unwrap())
        };
        for (one, other) in [("/a", "/a/"), ("/u/:id", "/u/:name"), ("/f/*", "/f/...")] {
            let found = manifest(one, other);
            assert_eq!(found.len(), 1, "{one} {other}");
            assert!(found[0].to_string().contains(other), "{found:?}");
        }
        assert_eq!(manifest("/u/:id", "/u/me"), []);
        assert_eq!(manifest("/u", "/u/..."), []);
    }

    #[test]
    fn lines_of_one_method_and_shape_are_equal_wherever_they_are() {
        let one = function("one", &["GET /u/{id}", "POST /u/{id}"]);
        let other = function("other", &["GET /u/{name}"]);
        let found = in_tables(&[&one, &other]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0]
                .to_string()
                .contains("GET /u/{name} is also GET /u/{id}")
        );
        assert_eq!(in_tables(&[&one]), []);
        assert_eq!(
            in_tables(&[&function("twice", &["GET /a", "GET /a/"])]).len(),
            1
        );
    }

    #[test]
    fn a_line_below_a_wider_one_is_never_reached() {
        let found = hidden(&[&function(
            "one",
            &["GET /u/{id}", "GET /u/me", "POST /u/me"],
        )]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().contains("GET /u/me is never reached"));
        assert_eq!(
            hidden(&[&function("one", &["GET /u/me", "GET /u/{id}"])]),
            []
        );
    }
}

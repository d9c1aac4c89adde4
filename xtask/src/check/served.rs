//! The document, the functions' tables and the routes of `spin.toml` say the same.

use std::collections::{BTreeMap, BTreeSet};

use routefinder::Router;

use super::finding::Finding;
use super::tree::manifest::{self, Manifest, Trigger};
use super::tree::routes::Route;
use super::tree::{Crate, FUNCTIONS, Tree};

/// Where the document's operations are listed.
const OPERATIONS: &str = "crates/contract/src/operations.rs";

/// Functions that serve no API, hence are not in the document.
const NOT_API: &[&str] = &[
    "portal", // the website's files and settings
];

/// Judges the tree by the contract's operations.
pub(super) fn judge(tree: &Tree) -> Vec<Finding> {
    let functions: Vec<&Crate> = tree.functions().collect();
    let operations = contract::OPERATIONS.iter().map(|operation| Route {
        method: operation.method.to_string(),
        path: operation.path.to_owned(),
        place: OPERATIONS.to_owned(),
    });
    let mut found = document(&operations.collect::<Vec<_>>(), &functions);
    found.extend(components(&functions, &tree.manifest));
    found.extend(routing(&functions, &tree.manifest));
    found
}

/// Every operation has its function, and every function's route its operation.
fn document(operations: &[Route], functions: &[&Crate]) -> Vec<Finding> {
    let key = |route: &Route| (route.method.clone(), route.path.clone());
    let documented: BTreeSet<_> = operations.iter().map(key).collect();
    let served: BTreeSet<_> = functions
        .iter()
        .flat_map(|one| &one.routes)
        .map(key)
        .collect();
    let unserved = operations
        .iter()
        .filter(|operation| !served.contains(&key(operation)))
        .map(|operation| {
            Finding::new(
                &operation.place,
                format!("no function serves the operation {operation}"),
                "add it to a function's table `edge::routes!` with the same method and path, or take it out of the \
                 document",
            )
        });
    let undocumented = functions
        .iter()
        .filter(|function| !NOT_API.contains(&function.name.as_str()))
        .flat_map(|function| &function.routes)
        .filter(|route| !documented.contains(&key(route)))
        .map(|route| {
            Finding::new(
                &route.place,
                format!("{route} is no operation of the document"),
                format!("add it to {OPERATIONS} with the same method and path, or take it out of the table"),
            )
        });
    unserved.chain(undocumented).collect()
}

/// Every function is a component that a route leads to, and every component a function.
fn components(functions: &[&Crate], manifest: &Manifest) -> Vec<Finding> {
    let mut found = Vec::new();
    let triggered: BTreeSet<&str> = manifest
        .triggers()
        .iter()
        .filter_map(|trigger| trigger.component.as_deref())
        .collect();
    for id in triggered
        .iter()
        .filter(|&&id| !manifest.component.contains_key(id))
    {
        found.push(Finding::new(
            manifest::FILE,
            format!("a route names the component `{id}`, which is not there"),
            format!("add [component.{id}], or take the trigger out"),
        ));
    }
    for (id, component) in &manifest.component {
        if !triggered.contains(id.as_str()) {
            found.push(Finding::new(
                manifest::place_of(id),
                "no route leads to it",
                "add a [[trigger.http]] for it, or take it out",
            ));
        }
        if !functions.iter().any(|function| function.name == *id) {
            found.push(Finding::new(
                manifest::place_of(id),
                "there is no function of that name",
                format!("name it after its package below {FUNCTIONS}/, or take it out"),
            ));
        }
        let built = module_of(id);
        if component.module() != Some(built.as_str()) {
            found.push(Finding::new(
                manifest::place_of(id),
                "its source is not what `cargo xtask build` makes",
                format!("source = \"{built}\""),
            ));
        }
    }
    for function in functions {
        if !manifest.component.contains_key(&function.name) {
            found.push(Finding::new(
                function.cargo_toml(),
                format!("{} has no component for it", manifest::FILE),
                format!("add [component.{}] and its routes", function.name),
            ));
        }
        if function.routes.is_empty() {
            found.push(Finding::new(
                function.cargo_toml(),
                "the function has no table of routes",
                "add `edge::routes! { … }` to its lib.rs",
            ));
        }
    }
    found
}

/// Where the build puts a function's module, as `spin.toml` names it.
pub(super) fn module_of(function: &str) -> String {
    format!("target/functions/{function}.wasm")
}

/// Every path of a table leads to its function, and every route of `spin.toml` to a path of the table.
fn routing(functions: &[&Crate], manifest: &Manifest) -> Vec<Finding> {
    let (router, mut found) = router(manifest);
    let mut needed: BTreeMap<String, bool> = router
        .iter()
        .map(|(spec, _)| (spec.to_string(), false))
        .collect();
    for function in functions {
        for route in &function.routes {
            let example = route.example();
            let wrong = match router.best_match(&example) {
                Some(hit) => {
                    let component = hit.handler().component.as_deref();
                    if component == Some(function.name.as_str()) {
                        needed.insert(hit.route().to_string(), true);
                        continue;
                    }
                    let to = component.unwrap_or("a static response");
                    format!("{} leads {} to `{to}`", manifest::FILE, route.path)
                }
                None => format!("no route of {} leads to {}", manifest::FILE, route.path),
            };
            found.push(Finding::new(
                &route.place,
                wrong,
                format!(
                    "give the component `{}` a [[trigger.http]] that covers it",
                    function.name
                ),
            ));
        }
    }
    for (spec, trigger) in &router {
        let known = trigger
            .component
            .as_ref()
            .filter(|&id| functions.iter().any(|function| function.name == *id));
        if let (Some(id), Some(false)) = (known, needed.get(&spec.to_string())) {
            found.push(Finding::new(
                format!(
                    "{}, route `{}`",
                    manifest::FILE,
                    trigger.route().unwrap_or_default()
                ),
                format!("the table of `{id}` has nothing below this route"),
                "take the trigger out, or serve the path",
            ));
        }
    }
    found
}

/// The routes as Spin would try them.
fn router(manifest: &Manifest) -> (Router<&Trigger>, Vec<Finding>) {
    let mut router = Router::new();
    let mut found = Vec::new();
    for trigger in manifest.triggers() {
        let Some(route) = trigger.route() else {
            continue;
        };
        let added = if is_route(route) {
            router.add(manifest::spec(route), trigger)
        } else {
            Err(
                "a wildcard stands only at the end, `:name` is a whole segment of letters"
                    .to_owned(),
            )
        };
        if let Err(error) = added {
            found.push(Finding::new(
                manifest::FILE,
                format!("`{route}` is not a route: {error}"),
                "write it as /segment/:name/...",
            ));
        }
    }
    (router, found)
}

/// The router itself panics on some wrong ones.
fn is_route(route: &str) -> bool {
    let spec = manifest::spec(route);
    let segments: Vec<&str> = spec.split('/').collect();
    let word = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let well_formed = |(at, segment): (usize, &&str)| match segment.strip_prefix(':') {
        Some(name) => word(name),
        None if *segment == "*" => at + 1 == segments.len(),
        None => !segment.contains('*') && !segment.contains("..."),
    };
    route.starts_with('/') && segments.iter().enumerate().all(well_formed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "edge::routes! {\n GET read \"/my/things\" => list::handle;\n GET read \"/my/things/{id}\" => find::handle;\n}";

    fn manifest(routes: &[(&str, &str)], components: &[&str]) -> Manifest {
        use std::fmt::Write as _;
        let mut text = String::new();
        for (route, component) in routes {
            writeln!(
                text,
                "[[trigger.http]]\nroute = \"{route}\"\ncomponent = \"{component}\""
            )
            .unwrap();
        }
        for id in components {
            writeln!(text, "[component.{id}]\nsource = \"{}\"", module_of(id)).unwrap();
        }
        Manifest::parse(&text).unwrap()
    }

    fn told(found: &[Finding], words: &str) -> bool {
        found.iter().any(|one| one.to_string().contains(words))
    }

    fn operations(written: &[&str]) -> Vec<Route> {
        written.iter().map(|one| Route::for_tests(one)).collect()
    }

    #[test]
    fn what_agrees_is_let_through() {
        let function = Crate::for_tests("my-things", &[], TABLE);
        let manifest = manifest(&[("/my/things/...", "my-things")], &["my-things"]);
        let operations = operations(&["GET /my/things", "GET /my/things/{id}"]);
        assert_eq!(document(&operations, &[&function]), []);
        assert_eq!(components(&[&function], &manifest), []);
        assert_eq!(routing(&[&function], &manifest), []);
    }

    #[test]
    fn an_operation_without_a_function_and_a_route_without_an_operation() {
        let function = Crate::for_tests("my-things", &[], TABLE);
        let operations = operations(&["GET /my/things", "DELETE /my/things/{id}"]);
        let found = document(&operations, &[&function]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(told(
            &found,
            "no function serves the operation DELETE /my/things/{id}"
        ));
        assert!(told(
            &found,
            "functions/my-things/src/lib.rs:3: GET /my/things/{id} is no operation"
        ));
    }

    #[test]
    fn the_portal_s_pages_are_no_operations() {
        let portal = Crate::for_tests(
            "portal",
            &[],
            "edge::routes! { GET read \"/portal\" => a::b; }",
        );
        assert_eq!(document(&[], &[&portal]), []);
    }

    #[test]
    fn components_and_functions_belong_together() {
        let function = Crate::for_tests("my-things", &[], TABLE);
        let other = Crate::for_tests("my-others", &[], "");
        let broken = manifest(
            &[("/my/things/...", "my-things"), ("/x", "gone")],
            &["my-things", "stray"],
        );
        let found = components(&[&function, &other], &broken);
        for words in [
            "names the component `gone`",
            "component `stray`: no route leads to it",
            "component `stray`: there is no function",
            "functions/my-others/Cargo.toml: spin.toml has no component",
            "functions/my-others/Cargo.toml: the function has no table",
        ] {
            assert!(told(&found, words), "{words}: {found:?}");
        }
        assert_eq!(found.len(), 5, "{found:?}");
    }

    #[test]
    fn a_component_of_another_module() {
        let function = Crate::for_tests("my-things", &[], TABLE);
        let text = "[[trigger.http]]\nroute = \"/my/things/...\"\ncomponent = \"my-things\"\n\
                    [component.my-things]\nsource = \"elsewhere.wasm\"";
        let found = components(&[&function], &Manifest::parse(text).unwrap());
        assert!(told(&found, "its source is not"), "{found:?}");
    }

    #[test]
    fn paths_that_lead_nowhere_or_elsewhere() {
        let function = Crate::for_tests("my-things", &[], TABLE);
        let nowhere = routing(&[&function], &manifest(&[("/my/things", "my-things")], &[]));
        assert!(
            told(&nowhere, "no route of spin.toml leads to /my/things/{id}"),
            "{nowhere:?}"
        );
        let routes = [("/my/things/...", "my-things"), ("/my/things/:id", "other")];
        let elsewhere = routing(&[&function], &manifest(&routes, &[]));
        assert!(
            told(&elsewhere, "leads /my/things/{id} to `other`"),
            "{elsewhere:?}"
        );
    }

    #[test]
    fn a_route_with_nothing_below() {
        let function = Crate::for_tests("my-things", &[], TABLE);
        let routes = [
            ("/my/things/...", "my-things"),
            ("/my/old/...", "my-things"),
        ];
        let found = routing(&[&function], &manifest(&routes, &[]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(told(&found, "route `/my/old/...`"), "{found:?}");
    }

    #[test]
    fn what_is_no_route() {
        for wrong in ["a", "/a/*/b", "/a*", "/:", "/:a-b", "/.../a"] {
            let (_, found) = router(&manifest(&[(wrong, "a")], &[]));
            assert_eq!(found.len(), 1, "{wrong}");
        }
        let (_, found) = router(&manifest(&[("/", "a"), ("/a/:b_1/...", "a")], &[]));
        assert_eq!(found, []);
    }
}

//! Only `edge` knows Spin, so that another generation of it is one crate's matter.

use super::finding::Finding;
use super::tree::{Crate, Tree};

/// The one that may.
const ADAPTER: &str = "edge";

/// Names of Spin's and its interfaces' libraries, as sources write them.
const NAMES: &[&str] = &["spin_sdk", "spin_executor", "wasip3"];

/// Judges dependencies and sources.
pub(super) fn judge(tree: &Tree) -> Vec<Finding> {
    let others = tree.crates.iter().filter(|one| one.name != ADAPTER);
    others.flat_map(judge_one).collect()
}

fn judge_one(one: &Crate) -> Vec<Finding> {
    let remedy = "let `edge` offer what is needed, in words that are not Spin's";
    let dependencies = one.depends_on.iter().filter(|name| is_spin(name));
    let dependencies = dependencies
        .map(|name| Finding::new(one.cargo_toml(), format!("depends on {name}"), remedy));
    let mentions = one.sources.iter().flat_map(|file| {
        let tokens = file.tokens.iter().filter(|token| token.is_any(NAMES));
        tokens.map(|token| Finding::new(file.at(token.line), "names Spin's library", remedy))
    });
    dependencies.chain(mentions).collect()
}

fn is_spin(package: &str) -> bool {
    package.starts_with("spin-") || NAMES.contains(&package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spin_is_found_as_a_dependency_and_in_every_way_of_naming_it() {
        let text = "use edge::runtime::spin_sdk as s;\nfn f() { let x = spin_sdk::pg::open(); m!(wasip3::clocks); }\n\
                    /// spin_sdk\nfn g() { \"spin_sdk\"; }\n#[cfg(test)] mod tests { use spin_sdk; }";
        let function = Crate::for_tests("my-things", &["edge", "spin-sdk"], text);
        let found: Vec<String> = judge_one(&function)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("functions/my-things/Cargo.toml: depends on spin-sdk"));
        assert!(found[1].starts_with("functions/my-things/src/lib.rs:1: names"));
    }

    #[test]
    fn what_only_sounds_alike_is_let_through() {
        let text = "fn spin() { headers.get(\"spin-full-url\"); }";
        assert_eq!(
            judge_one(&Crate::for_tests("a", &["edge", "spinning_top"], text)),
            []
        );
    }
}

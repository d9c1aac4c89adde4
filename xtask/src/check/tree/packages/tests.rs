//! The graph: of written ones what they link, and one that cargo makes of a small workspace.

use std::fs;

use super::fixture::graph;
use super::*;

fn chains(packages: &Packages, root: &str) -> Vec<String> {
    let (root, _) = packages.ours().find(|(_, one)| one.name == root).unwrap();
    let names = |chain: Vec<usize>| {
        let names: Vec<&str> = chain
            .iter()
            .map(|&at| packages.0[at].name.as_str())
            .collect();
        names.join(" ")
    };
    packages.linked_by(root).into_iter().map(names).collect()
}

#[test]
fn a_chain_leads_to_everything_that_is_linked() {
    let packages = graph(&["crates/a: crates/b", "crates/b: c", "c: d"]);
    assert_eq!(chains(&packages, "a"), ["a b", "a b c", "a b c d"]);
}

#[test]
fn what_is_optional_counts_where_a_feature_asks_for_it() {
    let packages = graph(&[
        "crates/store: tokio?native",
        "functions/plain: crates/store",
        "daemon/daemon: crates/store+native",
        "functions/by-way: functions/plain daemon/daemon",
    ]);
    assert_eq!(chains(&packages, "plain"), ["plain store"]);
    assert_eq!(
        chains(&packages, "daemon"),
        ["daemon store", "daemon store tokio"]
    );
    // the one that asks is found after the one that does not
    assert!(chains(&packages, "by-way").contains(&"by-way plain store tokio".to_owned()));
}

#[test]
fn a_feature_may_ask_for_another_package_s_feature() {
    let mut packages = graph(&["crates/store: tokio?native", "crates/a: crates/store"]);
    let a = packages.0.iter_mut().find(|one| one.name == "a").unwrap();
    let default = vec!["more".to_owned()];
    a.features.insert("default".to_owned(), default);
    a.features
        .insert("more".to_owned(), vec!["store/native".to_owned()]);
    assert_eq!(chains(&packages, "a"), ["a store", "a store tokio"]);
}

#[test]
fn cargo_describes_a_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let package = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
    };
    write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n",
    );
    write(
        "crates/a/Cargo.toml",
        &package(
            "a",
            "[dependencies]\nb = { path = \"../b\", features = [\"more\"] }\n\
             [dev-dependencies]\nd = { path = \"../d\" }\n",
        ),
    );
    write(
        "crates/b/Cargo.toml",
        &package(
            "b",
            "[dependencies]\nc = { path = \"../c\", optional = true }\n[features]\nmore = [\"dep:c\"]\n",
        ),
    );
    write("crates/c/Cargo.toml", &package("c", ""));
    write("crates/d/Cargo.toml", &package("d", ""));
    for name in ["a", "b", "c", "d"] {
        write(&format!("crates/{name}/src/lib.rs"), "");
    }
    write("crates/a/tests/it.rs", "");

    let packages = Packages::load(dir.path()).unwrap();
    assert_eq!(packages.ours().count(), 4);
    // not `d`, which is for tests
    assert_eq!(chains(&packages, "a"), ["a b", "a b c"]);
    assert_eq!(chains(&packages, "b"), [""; 0]);
    let (_, a) = packages.ours().find(|(_, one)| one.name == "a").unwrap();
    assert_eq!(a.folder, "crates/a");
    assert_eq!(a.roots.len(), 1, "{:?}", a.roots);
    assert_eq!(packages.named_by(a), ["b"]);
}

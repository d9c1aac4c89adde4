//! SQL is in `store` and nowhere else, where one can read all that is asked of the database.

mod statements;

use std::path::Path;

use super::finding::Finding;
use super::tree::{Crate, Tree};

/// Folders whose SQL is not the platform's.
const EXEMPT: &[(&str, &str)] = &[
    ("crates/store", "the place of it"),
    (
        "dev",
        "stand-ins keep databases of their own, as what they stand in for does",
    ),
    (
        "tests",
        "the suite looks into the database behind the platform's back",
    ),
    (
        "xtask",
        "it makes the roles and databases of one machine's PostgreSQL, which are there before the store is",
    ),
];

/// How `store` sends a statement; nobody else calls it.
const SEND: &str = "fetch_json";

/// Judges the sources.
pub(super) fn judge(tree: &Tree) -> Vec<Finding> {
    tree.crates.iter().flat_map(judge_one).collect()
}

fn judge_one(one: &Crate) -> Vec<Finding> {
    if is_exempt(&one.folder) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for file in &one.sources {
        for token in &file.tokens {
            if let Some(statement) = token.text().and_then(statements::recognise) {
                found.push(Finding::new(
                    file.at(token.line),
                    format!("has SQL ({statement})"),
                    "make it a function of `store` and call that; if it is prose, word it differently",
                ));
            }
            if token.text().is_some_and(is_sql_file) {
                found.push(Finding::new(
                    file.at(token.line),
                    "names a file of SQL",
                    "put the file into `store` and let that read it",
                ));
            }
        }
        let sent = file
            .tokens
            .windows(2)
            .filter(|two| two[0].is_mark('.') && two[1].is_name(SEND));
        found.extend(sent.map(|two| {
            Finding::new(
                file.at(two[1].line),
                "sends a statement of its own",
                "make it a function of `store` and call that",
            )
        }));
    }
    found
}

/// As `include_str!` names it.
fn is_sql_file(text: &str) -> bool {
    let ending = Path::new(text).extension();
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case("sql"))
}

fn is_exempt(folder: &str) -> bool {
    EXEMPT.iter().any(|(exempt, _)| {
        folder
            .strip_prefix(exempt)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_in_code_and_in_macros() {
        let text = "/// select 1 from documentation\nfn f() {\n db.query(\"select id from accounts\");\n\
                    let s = format!(\"delete from {table}\");\n db.fetch_json(x);\n include_str!(\"a.sql\");\n}\n\
                    #[cfg(test)] mod tests { const A: &str = \"select 1 from tests\"; }";
        for folder in [
            "functions/my-things",
            "crates/edge",
            "provisioner-daemon",
            "instance-gate",
        ] {
            let found: Vec<String> = judge_one(&Crate::at(folder, &[], text))
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found.len(), 4, "{found:?}");
            assert!(
                found[0].starts_with(&format!("{folder}/src/lib.rs:3: has SQL")),
                "{found:?}"
            );
            assert!(found[1].contains("lib.rs:4: has SQL"), "{found:?}");
            assert!(found[2].contains("lib.rs:6: names a file"), "{found:?}");
            assert!(found[3].contains("lib.rs:5: sends"), "{found:?}");
        }
    }

    #[test]
    fn the_store_and_those_with_databases_of_their_own_are_left_alone() {
        let text = "const A: &str = \"select id from accounts\";";
        for folder in ["crates/store", "dev/stripe", "tests", "xtask"] {
            assert_eq!(judge_one(&Crate::at(folder, &[], text)), [], "{folder}");
        }
        assert_eq!(judge_one(&Crate::at("developers", &[], text)).len(), 1);
    }
}

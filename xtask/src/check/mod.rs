//! `cargo xtask check`: everything that judges the code without running the system.

mod capabilities;
mod deny;
mod equal_routes;
mod finding;
mod layers;
mod module_size;
mod served;
mod spin;
mod sql;
mod tree;

use anyhow::{Result, bail};
use clap::Args;

use self::finding::Finding;
use self::tree::Tree;
use self::tree::manifest::{self, Manifest};
use crate::build::{functions, portal};
use crate::step::Progress;
use crate::{openapi, step, tools, workspace};

/// What `cargo xtask check` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Checks to run; all when none is given.
    names: Vec<String>,
}

type Check = fn() -> Result<()>;

/// All checks in order of cost; a new one is one line here.
const CHECKS: &[(&str, Check)] = &[
    ("format", format),
    ("rules", rules),
    ("deny", deny::run),
    ("clippy", clippy),
    ("openapi", openapi::check),
    ("modules", modules),
    ("portal", portal_check),
];

type Rule = fn(&Tree) -> Vec<Finding>;

/// The architecture's rules over the sources; docs/checks.md says what each is for.
const RULES: &[(&str, Rule)] = &[
    ("served", served::judge),
    ("equal routes", equal_routes::judge),
    ("capabilities", capabilities::judge),
    ("layers", layers::judge),
    ("sql", sql::judge),
    ("spin", spin::judge),
];

/// Runs the checks asked for and stops at the first that fails.
pub(crate) fn run(options: &Options) -> Result<()> {
    let all = options.names.is_empty();
    let known: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
    if let Some(name) = options
        .names
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        bail!("there is no check {name}; there are: {}", known.join(", "));
    }
    for (name, check) in CHECKS {
        if all || options.names.iter().any(|wanted| wanted == name) {
            check()?;
        }
    }
    Ok(())
}

fn format() -> Result<()> {
    step::run(
        "fmt",
        "formatting",
        tools::cargo().args(["fmt", "--all", "--check"]),
    )
}

/// All rules, so that everything that is wrong is told at once.
fn rules() -> Result<()> {
    judged("rules", || {
        let tree = Tree::load(&workspace::root())?;
        Ok(RULES
            .iter()
            .map(|(name, judge)| (*name, judge(&tree)))
            .collect())
    })
}

/// Builds the functions where they changed, and weighs them.
fn modules() -> Result<()> {
    functions::build()?;
    judged("modules", || {
        let root = workspace::root();
        let manifest = Manifest::load(&root.join(manifest::FILE))?;
        let found = module_size::judge(&root, &manifest)?;
        Ok(vec![("module size", found)])
    })
}

/// Shows that something is judged, and fails with what was found.
fn judged<'a>(
    title: &str,
    judge: impl FnOnce() -> Result<Vec<(&'a str, Vec<Finding>)>>,
) -> Result<()> {
    let progress = Progress::start(title);
    let outcome = judge().and_then(|found| finding::refuse(&found));
    match outcome {
        Ok(()) => progress.done(),
        Err(_) => progress.fail(),
    }
    outcome
}

fn clippy() -> Result<()> {
    step::run(
        "clippy",
        "clippy",
        tools::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )
}

fn portal_check() -> Result<()> {
    portal::install()?;
    step::run(
        "portal-check",
        "portal: types and lint",
        &mut portal::npm(&["run", "check"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_check_is_refused() {
        let names = vec!["nonesuch".to_owned()];
        let refused = run(&Options { names }).unwrap_err().to_string();
        assert!(refused.contains("rules, deny"), "{refused}");
    }
}

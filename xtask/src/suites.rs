//! `cargo xtask test`: the suites, by name, in the order in which they run.

use anyhow::{Result, bail};
use clap::Args;

use crate::{step, tools};

/// What `cargo xtask test` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Suites to run; all when none is given.
    names: Vec<String>,
}

/// One suite: what it is called and how it runs.
struct Suite {
    name: &'static str,
    run: fn() -> Result<()>,
}

/// The package of the suite over the running system; it is no native unit test.
const WHOLE_SYSTEM_PACKAGE: &str = "tests";

/// All suites; a new one is one line here.
const SUITES: &[Suite] = &[Suite {
    name: "native",
    run: native,
}];

/// Runs the suites asked for.
pub(crate) fn run(options: &Options) -> Result<()> {
    for suite in chosen(&options.names)? {
        (suite.run)()?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Suite>> {
    if names.is_empty() {
        return Ok(SUITES.iter().collect());
    }
    names.iter().map(|name| find(name)).collect()
}

fn find(name: &str) -> Result<&'static Suite> {
    let known = || {
        SUITES
            .iter()
            .map(|suite| suite.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match SUITES.iter().find(|suite| suite.name == name) {
        Some(suite) => Ok(suite),
        None => bail!("there is no suite {name}; there are: {}", known()),
    }
}

/// Every package's own tests, those that need only PostgreSQL's programs and Node.
fn native() -> Result<()> {
    let mut command = tools::cargo();
    command.args(["test", "--workspace", "--exclude", WHOLE_SYSTEM_PACKAGE]);
    step::run("test-native", "testing each package", &mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_suites_and_an_unknown_one_is_refused() {
        assert_eq!(chosen(&[]).unwrap().len(), SUITES.len());
        assert_eq!(chosen(&["native".to_owned()]).unwrap().len(), 1);
        let refused = chosen(&["nonesuch".to_owned()])
            .err()
            .map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("native")));
    }
}

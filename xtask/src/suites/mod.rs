//! `cargo xtask test`: the suites, by name, in the order in which they run.

mod again;
mod api;
mod cluster;
mod database;
mod figures;
mod lanes;
mod monitoring;
mod outside;
pub(crate) mod platform;
mod programs;
mod stand_ins;
mod versions;

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use self::lanes::Outcomes;
use self::platform::Platform;
use self::programs::TestProgram;
use crate::{build, npm, tools, workspace};

/// What `cargo xtask test` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Suites to run; all when none is given.
    names: Vec<String>,
}

/// One suite: what it is called, whether it needs the platform running, and how it runs.
struct Suite {
    name: &'static str,
    run: Run,
}

enum Run {
    /// By itself.
    Alone(fn() -> Result<()>),
    /// Against a running platform; suites that follow one another share it.
    OnPlatform(fn(&Platform) -> Result<()>),
    /// The same, with no other suite beside it, since it measures.
    AtRest(fn(&Platform) -> Result<()>),
    /// Against one of its own, whose `up` has these arguments, beside the others.
    OnOwnPlatform(fn(&Platform) -> Result<()>, &'static [&'static str]),
    /// When it is asked for by its name, with no other beside it, since it takes all that the machine has.
    ByName(fn() -> Result<()>),
}

/// The package of the suites over the running system; it is no test of a package by itself.
const WHOLE_SYSTEM: &str = "tests";

/// Packages with a suite of their own, by folder; all others are `native`'s.
const HOST: &[&str] = &["dev/host"];
const DATABASE: &[&str] = &["crates/store"];

/// The daemon's package: parts of its tests are suites of their own.
const DAEMON: &[&str] = &["provisioner-daemon"];
/// Of these tests, what `faults` runs and `native` leaves out: modules by the beginning of their names.
const FAULTS: &[&str] = &["faults::", "property::", "local_kills::"];
/// What `health` runs and `native` leaves out.
const HEALTH: &[&str] = &["health::"];

/// All suites; a new one is one line here. They begin in this order: first what takes long on a fresh machine.
const SUITES: &[Suite] = &[
    Suite::alone("native", native),
    Suite::alone("cluster", cluster::run),
    Suite::alone("faults", faults),
    Suite::on_own_platform("browser", browser, &["--confirm-email"]),
    Suite::alone("database", database::run),
    Suite::alone("health", health),
    Suite::alone("node", cluster::node),
    Suite::alone("stand-ins", stand_ins::run),
    Suite::alone("host", host),
    Suite::alone("charts", cluster::charts),
    Suite::alone("outside", outside::run),
    Suite::on_platform("system", system),
    Suite::on_platform("api", api::run),
    Suite::on_platform("billing", billing),
    Suite::on_platform("monitoring", monitoring::run),
    Suite::on_platform("again", again::run),
    Suite::at_rest("figures", figures::print),
    Suite::by_name("crowd", crowd),
];

impl Suite {
    const fn alone(name: &'static str, run: fn() -> Result<()>) -> Self {
        let run = Run::Alone(run);
        Self { name, run }
    }

    const fn on_platform(name: &'static str, run: fn(&Platform) -> Result<()>) -> Self {
        let run = Run::OnPlatform(run);
        Self { name, run }
    }

    const fn on_own_platform(
        name: &'static str,
        run: fn(&Platform) -> Result<()>,
        arguments: &'static [&'static str],
    ) -> Self {
        let run = Run::OnOwnPlatform(run, arguments);
        Self { name, run }
    }

    const fn at_rest(name: &'static str, run: fn(&Platform) -> Result<()>) -> Self {
        let run = Run::AtRest(run);
        Self { name, run }
    }

    const fn by_name(name: &'static str, run: fn() -> Result<()>) -> Self {
        let run = Run::ByName(run);
        Self { name, run }
    }

    /// Runs it; starts the platform where it needs one and none runs yet.
    fn run(&self, platform: &mut Option<Platform>) -> Result<()> {
        let run = match self.run {
            Run::Alone(run) | Run::ByName(run) => return run(),
            Run::OnOwnPlatform(run, arguments) => return on_own_platform(run, arguments),
            Run::OnPlatform(run) | Run::AtRest(run) => run,
        };
        if platform.is_none() {
            build::run()?;
            *platform = Some(Platform::start(platform::Settings::default())?);
        }
        platform.as_ref().map_or(Ok(()), run)
    }
}

/// Runs the suites asked for: those apart beside those that share a platform, since both wait more than they compute.
pub(crate) fn run(options: &Options) -> Result<()> {
    let suites = chosen(&options.names)?;
    let began = Instant::now();
    versions::prepare()?;
    let kind = |wanted: fn(&Run) -> bool| -> Vec<&Suite> {
        let chosen = suites.iter().copied();
        chosen.filter(|suite| wanted(&suite.run)).collect()
    };
    let apart = kind(|run| matches!(run, Run::Alone(_) | Run::OnOwnPlatform(..)));
    let on_platform = kind(|run| matches!(run, Run::OnPlatform(_)));
    let at_rest = kind(|run| matches!(run, Run::AtRest(_)));
    let by_name = kind(|run| matches!(run, Run::ByName(_)));

    let mut outcomes = Outcomes::default();
    let mut platform = None;
    if apart.is_empty() || on_platform.is_empty() {
        outcomes.run(&apart, &mut platform);
        outcomes.run(&on_platform, &mut platform);
    } else {
        programs::build()?;
        println!("the tests are built after {} s", began.elapsed().as_secs());
        let beside = lanes::beside(&apart);
        outcomes.run(&on_platform, &mut platform);
        outcomes.add(beside);
    }
    if outcomes.are_good() {
        outcomes.run(&at_rest, &mut platform);
        outcomes.run(&by_name, &mut None);
    }
    // what a failed suite leaves can be looked at
    if let Some(platform) = platform.filter(|_| outcomes.are_good()) {
        platform.stop()?;
    }
    outcomes.tell()?;
    if suites.len() > 1 {
        println!("{:>10} passed in {:>4} s", "all", began.elapsed().as_secs());
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Suite>> {
    if names.is_empty() {
        let by_itself = |suite: &&Suite| !matches!(suite.run, Run::ByName(_));
        return Ok(SUITES.iter().filter(by_itself).collect());
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

/// What a suite that fails leaves can be looked at.
fn on_own_platform(run: fn(&Platform) -> Result<()>, arguments: &[&str]) -> Result<()> {
    build::run()?;
    let platform = Platform::start(platform::Settings {
        arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
        ..platform::Settings::default()
    })?;
    run(&platform)?;
    platform.stop()
}

/// The tests of the packages that have no suite of their own, and the portal's.
fn native() -> Result<()> {
    let elsewhere = [HOST, DATABASE, stand_ins::PACKAGES, &[WHOLE_SYSTEM]].concat();
    let mut programs = programs::build()?;
    programs.retain(|program| !program.is_of(&elsewhere));
    let of_daemon = |program: &TestProgram| program.is_of(DAEMON);
    let (daemon, others): (Vec<_>, Vec<_>) = programs.into_iter().partition(of_daemon);
    all(&others, |_| {})?;
    all(&daemon, |command| {
        let elsewhere = [FAULTS, HEALTH, &[cluster::MODULE]].concat();
        let elsewhere = elsewhere.into_iter().flat_map(|module| ["--skip", module]);
        with_runtimes(command).args(elsewhere);
    })?;
    let mut examples = tools::cargo();
    examples.args(["test", "--workspace", "--doc", "--quiet"]);
    visibly("examples in the documentation", &mut examples)?;
    portal()
}

/// The daemon under every fault of the design, and random lives of instances.
fn faults() -> Result<()> {
    of_the_daemon(FAULTS)
}

/// Instances that do not answer: noticed, repaired, and a person asked; with real processes that are frozen.
fn health() -> Result<()> {
    of_the_daemon(HEALTH)
}

/// Twenty real instances at once.
fn crowd() -> Result<()> {
    all(&tests_of_the_daemon()?, |command| {
        let real = ["local::many::twenty_real", "--ignored", "--nocapture"];
        with_runtimes(command).args(real);
    })
}

/// Those of the daemon's tests that are in these modules.
fn of_the_daemon(modules: &[&str]) -> Result<()> {
    all(&tests_of_the_daemon()?, |command| {
        in_crowds(with_runtimes(command)).args(modules);
    })
}

/// The daemon's tests from outside.
fn tests_of_the_daemon() -> Result<Vec<TestProgram>> {
    let mut programs = programs::of_packages(DAEMON)?;
    programs.retain(|program| program.name == "it");
    Ok(programs)
}

/// More tests at once than processors: these wait for leases and clocks more than they work.
fn in_crowds(command: &mut Command) -> &mut Command {
    command.args(["--test-threads", "6"])
}

/// Instances of tests share what they run.
fn with_runtimes(command: &mut Command) -> &mut Command {
    command.env("MINDROOM_RUNTIMES_DIR", platform::runtimes())
}

/// The host by what a component can notice; `SPIN` names another program that runs a `spin.toml`.
fn host() -> Result<()> {
    all(&programs::of_packages(HOST)?, |_| {})
}

/// Runs programs to the last, and names those that failed.
fn all(programs: &[TestProgram], prepare: impl Fn(&mut Command)) -> Result<()> {
    let mut failed = Vec::new();
    for program in programs {
        let title = format!("{}: {}", program.package.display(), program.name);
        let mut command = program.command();
        prepare(&mut command);
        if visibly(&title, &mut command).is_err() {
            failed.push(title);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("tests failed in {}", failed.join(", "))
}

/// One of the suites over the running system.
fn on_platform(platform: &Platform, test: &str) -> Result<Command> {
    let programs = programs::of_packages(&[WHOLE_SYSTEM])?;
    let program = programs.iter().find(|program| program.name == test);
    let mut command = program
        .with_context(|| format!("{WHOLE_SYSTEM} has no {test}"))?
        .command();
    platform.describe(&mut command);
    Ok(command)
}

/// The portal's own tests.
fn portal() -> Result<()> {
    build::portal::install()?;
    visibly("portal", &mut build::portal::npm(&["test"]))
}

/// The whole platform by its API.
fn system(platform: &Platform) -> Result<()> {
    let mut command = on_platform(platform, "system")?;
    visibly("system", command.arg("--nocapture"))
}

/// What is paid for, by Stripe's movable clock.
fn billing(platform: &Platform) -> Result<()> {
    let mut command = on_platform(platform, "billing")?;
    visibly("billing", command.arg("--nocapture"))
}

/// The whole platform by its pages.
fn browser(platform: &Platform) -> Result<()> {
    in_chromium("browser", platform, |command| command.arg("test"))
}

/// Tests of the pages, by `npm` with these arguments.
fn in_chromium(
    name: &str,
    platform: &Platform,
    arguments: impl Fn(&mut Command) -> &mut Command,
) -> Result<()> {
    let folder = workspace::root().join("tests/browser");
    npm::install(&folder, "browser-tests")?;
    let mut command = Command::new("npm");
    command.current_dir(&folder).env(
        "SCREENSHOTS",
        workspace::target().join("screenshots").join(name),
    );
    visibly(name, arguments(platform.describe(&mut command)))
}

/// Runs a suite with its output shown as it comes.
fn visibly(name: &str, command: &mut Command) -> Result<()> {
    println!("--- {name}");
    let status = command.status()?;
    if !status.success() {
        bail!("suite {name} failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_suites_and_an_unknown_one_is_refused() {
        let usual = chosen(&[]).unwrap();
        assert!(usual.iter().any(|suite| suite.name == "native"));
        assert!(usual.iter().all(|suite| suite.name != "crowd"));
        for name in ["native", "crowd"] {
            assert_eq!(chosen(&[name.to_owned()]).unwrap().len(), 1);
        }
        let refused = chosen(&["nonesuch".to_owned()])
            .err()
            .map(|error| error.to_string());
        assert!(refused.is_some_and(|text| text.contains("native")));
    }
}

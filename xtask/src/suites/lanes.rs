//! Suites beside one another, and how they ended.
//!
//! Those that run beside others write into files of their own, which are shown when they end.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Suite;
use super::platform::Platform;
use crate::{step, workspace};

/// How suites ended, in the order in which they did.
#[derive(Default)]
pub(super) struct Outcomes(Vec<Outcome>);

struct Outcome {
    suite: &'static str,
    took: Duration,
    result: Result<()>,
}

/// Suites that are run beside what the caller does.
pub(super) struct Beside(Vec<JoinHandle<Vec<Outcome>>>);

/// What no lane has begun.
struct Queue(Mutex<VecDeque<&'static Suite>>);

/// So many at once: one waits for clocks and leases while another computes.
const LANES: usize = 2;

impl Outcomes {
    /// Runs suites here, one after another, to the first that fails.
    pub(super) fn run(&mut self, suites: &[&'static Suite], platform: &mut Option<Platform>) {
        let suites = suites.iter().copied();
        self.0
            .extend(one_by_one(suites, |suite| suite.run(platform)));
    }

    /// Waits for those that run beside us.
    pub(super) fn add(&mut self, beside: Beside) {
        for lane in beside.0 {
            let ended = lane.join();
            self.0
                .extend(ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    }

    pub(super) fn are_good(&self) -> bool {
        self.0.iter().all(|outcome| outcome.result.is_ok())
    }

    /// Says how each ended; fails when one did.
    pub(super) fn tell(self) -> Result<()> {
        let mut failed = Vec::new();
        for outcome in self.0 {
            let (suite, seconds) = (outcome.suite, outcome.took.as_secs());
            match outcome.result {
                Ok(()) => println!("{suite:>10} passed in {seconds:>4} s"),
                Err(error) => {
                    println!("{suite:>10} FAILED in {seconds:>4} s: {error:#}");
                    failed.push(suite);
                }
            }
        }
        if failed.is_empty() {
            return Ok(());
        }
        bail!("failed: {}", failed.join(", "))
    }
}

/// Runs suites as processes of their own, in their order, as each lane gets through; to the first that fails.
pub(super) fn beside(suites: &[&'static Suite]) -> Beside {
    let queue = Arc::new(Queue(Mutex::new(suites.iter().copied().collect())));
    let lanes = (0..LANES).map(|_| {
        let queue = Arc::clone(&queue);
        std::thread::spawn(move || {
            let suites = std::iter::from_fn(|| queue.next());
            let outcomes = one_by_one(suites, in_a_process);
            // empty already, unless one failed
            queue.end();
            outcomes
        })
    });
    Beside(lanes.collect())
}

impl Queue {
    fn next(&self) -> Option<&'static Suite> {
        self.left().pop_front()
    }

    /// For the other lanes, too.
    fn end(&self) {
        self.left().clear();
    }

    fn left(&self) -> MutexGuard<'_, VecDeque<&'static Suite>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn one_by_one(
    suites: impl Iterator<Item = &'static Suite>,
    mut run: impl FnMut(&Suite) -> Result<()>,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for suite in suites {
        let started = Instant::now();
        let result = run(suite);
        let has_failed = result.is_err();
        let (suite, took) = (suite.name, started.elapsed());
        outcomes.push(Outcome {
            suite,
            took,
            result,
        });
        if has_failed {
            break;
        }
    }
    outcomes
}

/// Runs one suite as a person who names it would.
fn in_a_process(suite: &Suite) -> Result<()> {
    let path = step::log_path(&format!("suite-{}", suite.name))?;
    let log = File::create(&path).with_context(|| format!("write {}", path.display()))?;
    println!(
        "--- {}: runs beside, its output is in {}",
        suite.name,
        path.display()
    );
    let program = std::env::current_exe().context("find this program")?;
    let status = Command::new(program)
        .args(["test", suite.name])
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .status()?;
    show(suite.name, &path)?;
    if status.success() {
        return Ok(());
    }
    bail!("see its output above, or in {}", path.display())
}

/// At once, so that no other output comes in between.
fn show(name: &str, path: &Path) -> Result<()> {
    let text = std::fs::read(path)?;
    println!(
        "--- {name}: ended, and said\n{}",
        String::from_utf8_lossy(&text)
    );
    Ok(())
}

//! A long step: a command with its progress on the terminal, all its output in `target/logs/<name>.log`,
//! and the end of that output shown when it fails.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// How many lines of a failed step's output are shown.
const TAIL_LINES: usize = 40;
/// How often a line is printed where there is no terminal to draw on.
const PLAIN_INTERVAL: Duration = Duration::from_secs(15);

/// Runs a command as a step; fails when the command does.
///
/// `name` names the log file, `title` is what the person reads.
pub(crate) fn run(name: &str, title: &str, command: &mut Command) -> Result<()> {
    run_within(name, title, command, None)
}

/// As [`run`], and ends the command when it takes longer than `limit`.
pub(crate) fn run_within(
    name: &str,
    title: &str,
    command: &mut Command,
    limit: Option<Duration>,
) -> Result<()> {
    let log_path = log_path(name)?;
    let mut log =
        File::create(&log_path).with_context(|| format!("write {}", log_path.display()))?;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {program}"))?;

    let (sender, lines) = mpsc::channel();
    read_lines(child.stdout.take(), sender.clone());
    read_lines(child.stderr.take(), sender);

    let mut progress = Progress::start(title);
    let mut tail = VecDeque::new();
    let deadline = limit.map(|limit| Instant::now() + limit);
    let overdue = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                writeln!(log, "{line}")?;
                progress.line(&line);
                remember(&mut tail, line);
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
        if overdue() {
            child.kill()?;
            child.wait()?;
            progress.fail();
            bail!("{title}: took too long");
        }
    }
    let status = child.wait()?;
    if status.success() {
        progress.done();
        return Ok(());
    }
    progress.fail();
    Err(failure(title, status, &tail, &log_path))
}

fn failure(
    title: &str,
    status: std::process::ExitStatus,
    tail: &VecDeque<String>,
    log: &Path,
) -> anyhow::Error {
    let tail: Vec<&str> = tail.iter().map(String::as_str).collect();
    anyhow::anyhow!(
        "{title}: {status}\n{}\nall of it: {}",
        tail.join("\n"),
        log.display()
    )
}

/// Where the output of that name goes, below `target/logs`.
pub(crate) fn log_path(name: &str) -> Result<PathBuf> {
    let dir = crate::workspace::target().join("logs");
    std::fs::create_dir_all(&dir).with_context(|| format!("make {}", dir.display()))?;
    Ok(dir.join(format!("{name}.log")))
}

fn remember(tail: &mut VecDeque<String>, line: String) {
    if tail.len() == TAIL_LINES {
        tail.pop_front();
    }
    tail.push_back(line);
}

fn read_lines(source: Option<impl Read + Send + 'static>, sender: mpsc::Sender<String>) {
    let Some(source) = source else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(source).split(b'\n') {
            let Ok(line) = line else { return };
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(text).is_err() {
                return;
            }
        }
    });
}

/// What a person sees while a step runs: a spinner on a terminal, now and then a line elsewhere.
pub(crate) struct Progress {
    title: String,
    started: Instant,
    printed: Instant,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows that the step has begun.
    pub(crate) fn start(title: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| spinner(title));
        let now = Instant::now();
        let progress = Self {
            title: title.to_owned(),
            started: now,
            printed: now,
            bar,
        };
        if progress.bar.is_none() {
            progress.print("…");
        }
        progress
    }

    /// Shows the last line of output.
    pub(crate) fn line(&mut self, line: &str) {
        let line = line.trim();
        match &self.bar {
            Some(bar) => bar.set_message(line.to_owned()),
            None if self.printed.elapsed() >= PLAIN_INTERVAL && !line.is_empty() => {
                self.printed = Instant::now();
                self.print(line);
            }
            None => {}
        }
    }

    /// Shows that the step succeeded.
    pub(crate) fn done(self) {
        self.finish("done");
    }

    /// Shows that the step failed; the error itself is the caller's to show.
    pub(crate) fn fail(self) {
        self.finish("failed");
    }

    fn finish(self, outcome: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.print(outcome);
    }

    fn print(&self, text: &str) {
        eprintln!(
            "[{:>4}s] {}: {text}",
            self.started.elapsed().as_secs(),
            self.title
        );
    }
}

fn spinner(title: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed}] {prefix}: {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_prefix(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_step_shows_its_last_lines() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo broken >&2; exit 3"]);
        let error = run("test-failing-step", "failing", &mut command)
            .unwrap_err()
            .to_string();
        assert!(error.contains("broken"), "{error}");
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_step_that_takes_too_long_is_ended() {
        let started = Instant::now();
        let mut command = Command::new("sleep");
        command.arg("600");
        let error = run_within(
            "test-slow-step",
            "slow",
            &mut command,
            Some(Duration::from_millis(10)),
        );
        assert!(error.unwrap_err().to_string().contains("too long"));
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn only_the_end_of_the_output_is_remembered() {
        let mut tail = VecDeque::new();
        for number in 0..TAIL_LINES + 5 {
            remember(&mut tail, number.to_string());
        }
        assert_eq!(tail.len(), TAIL_LINES);
        assert_eq!(tail.front().map(String::as_str), Some("5"));
    }
}

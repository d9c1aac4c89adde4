//! One life of one part: its process, its log, its record.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tokio::process::{Child, Command};
use url::Url;

use super::part::{Part, Ready};
use super::process::Record;
use super::{outside, postgres, state};
use crate::workspace;

/// How often a condition outside this process is looked at.
const POLL: Duration = Duration::from_millis(40);
/// How much of a log's end is shown.
const TAIL_BYTES: u64 = 4096;
const TAIL_LINES: usize = 25;
/// What [`Ready::Line`] waits for.
const READY_PREFIX: &str = "Serving ";

/// Where logs and records lie.
pub(crate) struct Folders {
    /// `<name>.log`, and `<name>.log.1` of the run before.
    pub(crate) logs: PathBuf,
    /// `<name>.json`: which process a part is.
    pub(crate) records: PathBuf,
}

impl Folders {
    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    fn record(&self, name: &str) -> PathBuf {
        self.records.join(format!("{name}.json"))
    }

    /// Keeps the log of the run before beside the new one.
    pub(crate) fn rotate_log(&self, name: &str) -> Result<()> {
        let log = self.log(name);
        match std::fs::rename(&log, self.logs.join(format!("{name}.log.1"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("rotate {}", log.display()))
            }
            _ => Ok(()),
        }
    }

    /// All records, by the part's name; one that cannot be read is no help and left out.
    pub(crate) fn records(&self) -> Vec<(String, Record)> {
        let Ok(entries) = std::fs::read_dir(&self.records) else {
            return Vec::new();
        };
        let read = |path: PathBuf| {
            let name = path.file_stem()?.to_str()?.to_owned();
            let is_record = path
                .extension()
                .is_some_and(|extension| extension == "json");
            let record = if is_record {
                state::read_json(&path).ok()??
            } else {
                return None;
            };
            Some((name, record))
        };
        entries
            .flatten()
            .filter_map(|entry| read(entry.path()))
            .collect()
    }

    /// Forgets a process that has ended.
    pub(crate) fn forget(&self, name: &str) {
        // Already gone is as good.
        let _ = std::fs::remove_file(self.record(name));
    }

    fn open_log(&self, name: &str) -> Result<File> {
        let path = self.log(name);
        let file = File::options()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path);
        file.with_context(|| format!("open {}", path.display()))
    }
}

/// A started process.
pub(crate) struct Launched {
    child: Child,
    record: Record,
    name: &'static str,
    log: PathBuf,
    /// Where this life begins in the log.
    log_start: u64,
    record_path: PathBuf,
}

impl Launched {
    /// Starts the part's program in a process group of its own, so that Ctrl-C reaches `up` alone.
    pub(crate) fn start(part: &Part, folders: &Folders) -> Result<Self> {
        let log = folders.open_log(part.name)?;
        let log_start = log.metadata()?.len();
        let mut command = command(part, &log)?;
        command.args(&part.arguments);
        let child = command
            .spawn()
            .with_context(|| format!("start {}", part.program.display()))?;
        let pid = child
            .id()
            .with_context(|| format!("{} ended at once", part.name))?;
        let record = Record::of(pid)?;
        let record_path = folders.record(part.name);
        record.write(&record_path)?;
        Ok(Self {
            child,
            record,
            name: part.name,
            log: folders.log(part.name),
            log_start,
            record_path,
        })
    }

    /// Waits until the part serves; fails when it ends or takes too long, with the end of its log.
    pub(crate) async fn await_ready(&mut self, part: &Part) -> Result<()> {
        let log = LogReader {
            path: self.log.clone(),
            start: self.log_start,
        };
        let outcome = tokio::select! {
            () = serves(&part.ready, &log) => return Ok(()),
            status = self.child.wait() => format!("ended ({})", describe(status)),
            () = tokio::time::sleep(part.start_limit) => {
                format!("does not serve after {} s", part.start_limit.as_secs())
            }
        };
        bail!(
            "{} {outcome}; the end of {}:\n{}",
            self.name,
            self.log.display(),
            log.tail()
        )
    }

    /// Waits until the process ends by itself.
    pub(crate) async fn wait(&mut self) -> String {
        describe(self.child.wait().await)
    }

    /// Asks the process to end, waits, kills it if need be.
    pub(crate) async fn end(&mut self, part: &Part) {
        self.record.signal(part.stop_signal);
        if tokio::time::timeout(part.stop_limit, self.child.wait())
            .await
            .is_err()
        {
            eprintln!(
                "{} did not end in {} s: killing it",
                self.name,
                part.stop_limit.as_secs()
            );
        }
        self.kill().await;
    }

    /// Kills the process and its group, and forgets it.
    pub(crate) async fn kill(&mut self) {
        self.record.kill_group();
        // Ended already, or killed now: either way there is nothing more to learn.
        let _ = self.child.wait().await;
        let _ = std::fs::remove_file(&self.record_path);
    }
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// Runs a part's program once more after it ended, for what must not outlive it.
pub(crate) async fn run_after_stop(part: &Part, arguments: &[String], folders: &Folders) {
    let run = async {
        let log = folders.open_log(part.name)?;
        let mut child = command(part, &log)?
            .args(arguments)
            .kill_on_drop(true)
            .spawn()?;
        let status = tokio::time::timeout(part.stop_limit, child.wait())
            .await
            .context("took too long")??;
        if !status.success() {
            bail!("{status}");
        }
        Ok(())
    };
    if let Err(error) = run.await {
        eprintln!("{} {}: {error:#}", part.name, arguments.join(" "));
    }
}

fn command(part: &Part, log: &File) -> Result<Command> {
    let mut command = Command::new(&part.program);
    for name in outside::VARIABLES {
        command.env_remove(name);
    }
    command
        .current_dir(part.folder.clone().unwrap_or_else(workspace::root))
        .env_remove("DATABASE_URL") // the owner's, which no part may have
        .env("NO_COLOR", "1") // logs are files
        .env("RUST_LIB_BACKTRACE", "0") // an error is its chain; a panic keeps its backtrace
        .envs(part.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        // Straight into the file: a pipe through this process would break when it is killed.
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?)
        .process_group(0);
    if let Some(user) = part.run_as {
        command.uid(user.uid).gid(user.gid);
    }
    Ok(command)
}

async fn serves(ready: &Ready, log: &LogReader) {
    loop {
        let serves = match ready {
            Ready::Line => log.has_ready_line(),
            Ready::Postgres(url) => postgres::connect(url).await.is_ok(),
            Ready::Answers(url) => answers(url).await,
        };
        if serves {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn answers(url: &Url) -> bool {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .timeout(Duration::from_secs(5))
        .build();
    let Ok(client) = client else { return false };
    let answer = client.get(url.clone()).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// What one life of a part has written.
struct LogReader {
    path: PathBuf,
    start: u64,
}

impl LogReader {
    fn has_ready_line(&self) -> bool {
        read_from(&self.path, self.start).is_ok_and(|text| {
            let whole_lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
            whole_lines
                .lines()
                .any(|line| line.starts_with(READY_PREFIX))
        })
    }

    fn tail(&self) -> String {
        let length = std::fs::metadata(&self.path).map_or(0, |meta| meta.len());
        let start = self.start.max(length.saturating_sub(TAIL_BYTES));
        let text = read_from(&self.path, start).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

fn read_from(path: &Path, start: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// Ends what a killed `up` left running: PostgreSQL last, since the others use it.
pub(crate) fn end_leftovers(folders: &Folders) {
    let mut left: Vec<(String, Record)> = folders.records();
    left.sort_by_key(|(name, _)| name == "postgres");
    for (name, record) in left {
        if record.is_running() {
            let is_postgres = name == "postgres";
            eprintln!(
                "ending {name} (process {}), which a killed run left behind",
                record.pid
            );
            let signal = if is_postgres {
                Signal::SIGINT
            } else {
                Signal::SIGTERM
            };
            record.end(signal, Duration::from_secs(30));
        }
        folders.forget(&name);
    }
}

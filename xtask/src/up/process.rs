//! Which process is which: a process id alone may have been given to another one meanwhile.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::state;

/// A process that we started, as written to `run/<name>.json`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Record {
    /// Its id; also that of its process group, which it leads.
    pub(crate) pid: i32,
    /// When it began, in the words of the system; compared, never parsed.
    started: String,
}

impl Record {
    /// The record of a process; a child that has ended already counts until it is waited for.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let pid = i32::try_from(pid).context("a process id is too large")?;
        let seen = look(pid).with_context(|| format!("find process {pid}"))?;
        Ok(Self {
            pid,
            started: seen.started,
        })
    }

    /// Whether that very process still runs.
    pub(crate) fn is_running(&self) -> bool {
        look(self.pid).is_some_and(|seen| !seen.is_remains && seen.started == self.started)
    }

    /// Sends a signal to the process alone: what it started may have to outlive it.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.is_running() {
            // It may end in this moment; then there is nobody to tell.
            let _ = kill(Pid::from_raw(self.pid), signal);
        }
    }

    /// Kills the process and its group.
    pub(crate) fn kill_group(&self) {
        if self.is_running() {
            let _ = killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
    }

    /// Asks a process that is not our child to end, waits, then kills it.
    pub(crate) fn end(&self, signal: Signal, limit: Duration) {
        self.signal(signal);
        if !self.ended_within(limit) {
            self.kill_group();
            self.ended_within(Duration::from_secs(5));
        }
    }

    fn ended_within(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_running() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// Writes it to a file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        state::write_private(path, &serde_json::to_vec(self)?)
    }
}

/// What the system says about a process.
struct Seen {
    /// When it began.
    started: String,
    /// Whether it has ended and only waits for its parent to ask.
    is_remains: bool,
}

/// Looks a process up; `None` when there is none.
#[cfg(target_os = "linux")]
fn look(pid: i32) -> Option<Seen> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, so fields are counted from its end.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let is_remains = matches!(fields.next()?, "Z" | "X");
    let ticks_since_boot = fields.nth(18)?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let started = format!("{ticks_since_boot} {}", boot.trim());
    Some(Seen {
        started,
        is_remains,
    })
}

/// Looks a process up; `None` when there is none.
#[cfg(not(target_os = "linux"))]
fn look(pid: i32) -> Option<Seen> {
    let output = std::process::Command::new("ps")
        .args(["-o", "state=,lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let (state, started) = text.split_once(char::is_whitespace)?;
    Some(Seen {
        started: started.trim().to_owned(),
        is_remains: state.starts_with('Z'),
    })
}

/// The command line of a process, if it runs and may be seen.
pub(crate) fn command_line(pid: i32) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;

    use super::*;

    #[test]
    fn a_record_knows_its_process_from_another_with_the_same_id() {
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .process_group(0)
            .spawn()
            .unwrap();
        let record = Record::of(child.id()).unwrap();
        assert!(record.is_running());
        let other = Record {
            started: "at another time".to_owned(),
            ..record.clone()
        };
        assert!(!other.is_running());
        other.end(Signal::SIGKILL, Duration::from_secs(1));
        assert!(
            record.is_running(),
            "a record of an earlier process must not end a later one"
        );
        record.signal(Signal::SIGTERM);
        child.wait().unwrap();
        assert!(!record.is_running());
    }
}

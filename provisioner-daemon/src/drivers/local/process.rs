//! Processes of the system: what they are told, whether one is still the one we started, how they end.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::confinement::Confinement;
use super::users::User;

/// What is to be run. The environment is empty but for what is named here: the daemon's own holds
/// credentials of the platform.
#[derive(Debug, Clone)]
pub(super) struct Command {
    program: PathBuf,
    args: Vec<OsString>,
    env: BTreeMap<String, OsString>,
    marker: PathBuf,
}

impl Command {
    pub(super) fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            marker: PathBuf::new(),
        }
    }

    pub(super) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(super) fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// The argument that no other process has, by which a lost process is found again.
    pub(super) fn marker(mut self, marker: PathBuf) -> Self {
        self.marker = marker;
        self
    }

    /// Starts it in a process group of its own, so that it outlives the daemon.
    pub(super) fn spawn(
        &self,
        dir: &Path,
        log: &Path,
        within: &Confinement,
    ) -> io::Result<tokio::process::Child> {
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(log)?;
        let mut command = tokio::process::Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", dir)
            .env("TMPDIR", dir.join("tmp"))
            .env("LANG", "C.UTF-8")
            .env("PYTHONUNBUFFERED", "1")
            .envs(&self.env)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .kill_on_drop(false);
        within.apply(&mut command)?;
        command.spawn().map_err(|error| {
            let program = self.program.display();
            io::Error::new(error.kind(), format!("start {program}: {error}"))
        })
    }
}

/// A process that is told from a later one with the same number by its start time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) pid: i32,
    /// In whatever unit the system counts; only compared.
    pub(super) started: String,
}

impl Identity {
    /// The identity of a living process; a zombie is not living.
    pub(super) fn of(pid: i32) -> Option<Self> {
        let started = if Path::new("/proc/self/stat").exists() {
            stat(pid)?.started
        } else {
            started_by_ps(pid)?
        };
        Some(Self { pid, started })
    }

    pub(super) fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Whether it runs as this user, or as we do.
    pub(super) fn is_of(&self, user: User) -> bool {
        let own = nix::unistd::geteuid().as_raw();
        owner(self.pid).is_some_and(|owner| owner == user.0 || owner == own)
    }

    /// Asks the process to end; what it started is asked too.
    pub(super) fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Ends the process and what it started.
    pub(super) fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Ends what a process that is gone has left in its group; true once there is nothing. The number of a group
    /// is given to nobody else as long as somebody is in it.
    pub(super) fn end_rest(&self) -> bool {
        let has_rest = !self.is_alive() && stat(self.pid).is_none() && has_members(self.pid);
        if has_rest {
            let _ = killpg(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
        !has_rest
    }

    fn signal(&self, signal: Signal) {
        if self.is_alive() {
            let pid = Pid::from_raw(self.pid);
            // It leads its group; if not (a stray that was found), at least itself.
            if killpg(pid, signal).is_err() {
                let _ = kill(pid, signal);
            }
        }
    }
}

struct Stat {
    group: i32,
    started: String,
}

/// `/proc/<pid>/stat`: after the name in parentheses come state, parent, group, … and the start at place 20.
fn stat(pid: i32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    Some(Stat {
        group: fields.get(2)?.parse().ok()?,
        started: (*fields.get(19)?).to_owned(),
    })
}

fn has_members(group: i32) -> bool {
    all().any(|pid| stat(pid).is_some_and(|stat| stat.group == group))
}

/// Ends all processes of a user; true once there is none.
pub(super) fn end_all_of(user: User) -> bool {
    let is_theirs = |pid: &i32| owner(*pid) == Some(user.0) && stat(*pid).is_some();
    let left: Vec<i32> = all().filter(is_theirs).collect();
    for pid in &left {
        let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
    }
    left.is_empty()
}

/// Whom a process runs as. Who owns its folder in `/proc` is for itself to say.
fn owner(pid: i32) -> Option<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Numbers of all processes, where the system shows them.
fn all() -> impl Iterator<Item = i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn started_by_ps(pid: i32) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (state, started) = text.trim().split_once(char::is_whitespace)?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

/// Finds a living process that leads its group and has `marker` among its arguments: one whose daemon was
/// killed before it could write down what it had started.
pub(super) fn find_by_marker(marker: &Path) -> Option<Identity> {
    let wanted = marker.as_os_str().as_encoded_bytes();
    if Path::new("/proc/self/stat").exists() {
        return all().find_map(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let has_marker = line.split(|byte| *byte == 0).any(|arg| arg == wanted);
            (has_marker && stat(pid)?.group == pid).then(|| Identity::of(pid))?
        });
    }
    let output = std::process::Command::new("ps")
        .args(["-axo", "pid=,pgid=,command="])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let marker = marker.to_str()?;
    text.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let pid: i32 = fields.next()?.parse().ok()?;
        let group: i32 = fields.next()?.parse().ok()?;
        (pid == group && fields.any(|field| field == marker)).then(|| Identity::of(pid))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_known_by_number_start_and_marker() {
        let dir = tempfile::tempdir().unwrap();
        let marker = dir.path().join("marker");
        let command = Command::new(Path::new("/bin/sh"))
            .args(["-c", "sleep 60; true", "sh"])
            .arg(&marker)
            .marker(marker.clone());
        let log = dir.path().join("log");
        let mut child = command
            .spawn(dir.path(), &log, &Confinement::default())
            .unwrap();
        let pid = i32::try_from(child.id().unwrap()).unwrap();
        let identity = Identity::of(pid).unwrap();
        assert!(identity.is_alive());
        assert_eq!(found(&marker).await, identity);
        let other = Identity {
            started: "0".to_owned(),
            ..identity.clone()
        };
        assert!(!other.is_alive());
        other.kill();
        assert!(
            identity.is_alive(),
            "another process of that number is left alone"
        );
        identity.kill();
        child.wait().await.unwrap();
        assert!(!identity.is_alive());
        assert_eq!(find_by_marker(&marker), None);
    }

    #[tokio::test]
    async fn what_a_process_left_is_ended_with_its_group() {
        let dir = tempfile::tempdir().unwrap();
        let command = Command::new(Path::new("/bin/sh"))
            .args(["-c", "sleep 600 & echo $! > left; mv left child; sleep 600"]);
        let log = dir.path().join("log");
        let mut leader = command
            .spawn(dir.path(), &log, &Confinement::default())
            .unwrap();
        let identity = Identity::of(i32::try_from(leader.id().unwrap()).unwrap()).unwrap();
        let child = dir.path().join("child");
        until(|| child.exists()).await;
        let child: i32 = std::fs::read_to_string(child)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert!(identity.end_rest(), "nothing is left as long as it lives");
        leader.start_kill().unwrap();
        leader.wait().await.unwrap();
        assert!(Identity::of(child).is_some());
        until(|| identity.end_rest()).await;
        assert_eq!(Identity::of(child), None);
    }

    async fn until(condition: impl Fn() -> bool) {
        let look = async {
            while !condition() {
                tokio::task::yield_now().await;
            }
        };
        let seen = tokio::time::timeout(std::time::Duration::from_secs(30), look).await;
        seen.expect("it comes to be so");
    }

    /// Awaited: `spawn` answers a moment before the kernel shows the arguments of what it started.
    async fn found(marker: &Path) -> Identity {
        let look = async {
            loop {
                if let Some(found) = find_by_marker(marker) {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(std::time::Duration::from_secs(30), look).await;
        found.expect("the process is found")
    }
}

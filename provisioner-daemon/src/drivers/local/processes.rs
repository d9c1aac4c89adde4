//! The processes of all instances: started, adopted after a restart of the daemon, watched, ended.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::files;
use super::home::Home;
use super::process::{Command, Identity, find_by_marker};

/// How long a process may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Waits before a process that died is started again: doubling from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// A process that lived this long died of something new.
const HEALTHY_AFTER: Duration = Duration::from_mins(5);
/// A log that is longer is moved aside; the one before goes.
const LOG_BOUND_BYTES: u64 = 8 * 1024 * 1024;

/// One of an instance's processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Synapse,
    Mindroom,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Synapse, Self::Mindroom];

    const fn name(self) -> &'static str {
        match self {
            Self::Synapse => "synapse",
            Self::Mindroom => "mindroom",
        }
    }

    /// The argument by which a stray process is known.
    fn marker(self, dir: &Path) -> PathBuf {
        match self {
            Self::Synapse => dir.join("synapse/homeserver.yaml"),
            Self::Mindroom => dir.join("mindroom/config.yaml"),
        }
    }

    fn record(self, dir: &Path) -> PathBuf {
        dir.join("run").join(format!("{}.json", self.name()))
    }

    fn log(self, dir: &Path) -> PathBuf {
        dir.join("logs").join(format!("{}.log", self.name()))
    }
}

type Key = (Uuid, Part);

/// What is written down of a started process.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    identity: Identity,
    /// The restart that it was started for.
    generation: i32,
}

struct Running {
    record: Record,
    since: Instant,
    /// When it was asked to end.
    asked: Option<Instant>,
}

#[derive(Default)]
struct Deaths {
    count: u32,
    not_before: Option<Instant>,
}

#[derive(Default)]
struct State {
    running: HashMap<Key, Running>,
    deaths: HashMap<Key, Deaths>,
}

impl State {
    /// Counts the end of a process that nobody asked for; false when there is none.
    fn note_death(&mut self, key: Key) -> bool {
        let is_dead =
            |running: &Running| running.asked.is_none() && !running.record.identity.is_alive();
        if !self.running.get(&key).is_some_and(is_dead) {
            return false;
        }
        let lived = self
            .running
            .remove(&key)
            .map_or(Duration::ZERO, |running| running.since.elapsed());
        let deaths = self.deaths.entry(key).or_default();
        if lived > HEALTHY_AFTER {
            deaths.count = 0;
        }
        let wait = (BACKOFF.0 * (1 << deaths.count.min(8))).min(BACKOFF.1);
        deaths.count += 1;
        deaths.not_before = Some(Instant::now() + wait);
        let (id, part) = (key.0, key.1.name());
        tracing::warn!(instance.id = %id, part, deaths = deaths.count, "process died");
        metrics::counter!("prov_process_deaths_total", "part" => part).increment(1);
        true
    }
}

/// All processes that this machine should have.
pub(super) struct Processes {
    dir: PathBuf,
    state: Mutex<State>,
}

impl Processes {
    /// Takes over what an earlier daemon started.
    pub(super) fn adopt(dir: &Path) -> std::io::Result<Self> {
        let mut state = State::default();
        for entry in std::fs::read_dir(dir)?.flatten() {
            let Some(id) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            for part in Part::ALL {
                if let Some(record) = find(&entry.path(), part) {
                    tracing::info!(instance.id = %id, part = part.name(), pid = record.identity.pid, "adopted");
                    state.running.insert((id, part), Running::new(record));
                }
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_up(&self, id: Uuid, part: Part) -> bool {
        let state = self.state();
        state
            .running
            .get(&(id, part))
            .is_some_and(|running| running.asked.is_none() && running.record.identity.is_alive())
    }

    /// Whether a process runs that was started for an earlier restart than `wanted`.
    pub(super) fn is_of_older_generation(&self, id: Uuid, part: Part, wanted: i32) -> bool {
        let state = self.state();
        state.running.get(&(id, part)).is_some_and(|running| {
            running.record.identity.is_alive() && running.record.generation < wanted
        })
    }

    /// How long to wait before a process that died may be started again.
    pub(super) fn backoff(&self, id: Uuid, part: Part) -> Option<Duration> {
        let mut state = self.state();
        state.note_death((id, part));
        let not_before = state.deaths.get(&(id, part))?.not_before?;
        Some(not_before.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    /// Starts a process, unless one of an earlier daemon turns up.
    pub(super) fn start(
        &self,
        home: &Home,
        part: Part,
        generation: i32,
        command: &Command,
    ) -> anyhow::Result<()> {
        let mut state = self.state();
        let key = (home.id, part);
        let record = match find(&home.dir, part) {
            Some(record) => record,
            None => spawn(home, part, generation, command)?,
        };
        state.running.insert(key, Running::new(record));
        Ok(())
    }

    /// Asks a process to end, and kills it when its time is over. True once it is gone.
    pub(super) fn stop(&self, id: Uuid, part: Part) -> bool {
        let dir = self.dir.join(id.to_string());
        let mut state = self.state();
        let key = (id, part);
        state.deaths.remove(&key);
        let running = match state.running.entry(key) {
            Entry::Occupied(running) => running.into_mut(),
            Entry::Vacant(place) => match find(&dir, part) {
                Some(record) => place.insert(Running::new(record)),
                None => return true,
            },
        };
        let identity = &running.record.identity;
        if !identity.is_alive() {
            let _ = std::fs::remove_file(part.record(&dir));
            state.running.remove(&key);
            return true;
        }
        match running.asked {
            None => {
                identity.terminate();
                running.asked = Some(Instant::now());
            }
            Some(asked) if asked.elapsed() > GRACE => identity.kill(),
            Some(_) => {}
        }
        false
    }

    /// Instances of which a process died since the last look.
    pub(super) fn take_deaths(&self) -> Vec<Uuid> {
        let mut state = self.state();
        let dead: Vec<Key> = state
            .running
            .iter()
            .filter(|(_, running)| running.asked.is_none() && !running.record.identity.is_alive())
            .map(|(key, _)| *key)
            .collect();
        dead.into_iter()
            .filter(|key| state.note_death(*key))
            .map(|key| key.0)
            .collect()
    }

    /// Whether anything of an instance runs.
    pub(super) fn is_partly_up(&self, id: Uuid) -> bool {
        Part::ALL.iter().any(|part| self.is_up(id, *part))
    }

    /// Moves long logs aside. Processes append, so that cutting the file under them loses nothing but the
    /// lines of that moment.
    pub(super) fn bound_logs(&self) {
        let keys: Vec<Key> = self.state().running.keys().copied().collect();
        for (id, part) in keys {
            let log = part.log(&self.dir.join(id.to_string()));
            if std::fs::metadata(&log).is_ok_and(|log| log.len() > LOG_BOUND_BYTES) {
                let moved = std::fs::copy(&log, log.with_extension("log.1")).and_then(|_| {
                    std::fs::OpenOptions::new()
                        .write(true)
                        .open(&log)?
                        .set_len(0)
                });
                if let Err(error) = moved {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "cannot bound a log"
                    );
                }
            }
        }
    }

    /// Ends everything.
    pub(super) async fn stop_all(&self) {
        let keys: Vec<Key> = self.state().running.keys().copied().collect();
        loop {
            let gone = keys
                .iter()
                .map(|(id, part)| self.stop(*id, *part))
                .filter(|gone| *gone)
                .count();
            if gone == keys.len() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Running {
    fn new(record: Record) -> Self {
        Self {
            record,
            since: Instant::now(),
            asked: None,
        }
    }
}

/// The living process of a part: the one that was written down, else one that only its arguments give away.
fn find(dir: &Path, part: Part) -> Option<Record> {
    let written: Option<Record> = std::fs::read(part.record(dir))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    if let Some(record) = written.filter(|record| record.identity.is_alive()) {
        return Some(record);
    }
    let identity = find_by_marker(&part.marker(dir))?;
    Some(Record {
        identity,
        generation: 0,
    })
}

fn spawn(home: &Home, part: Part, generation: i32, command: &Command) -> anyhow::Result<Record> {
    let log = part.log(&home.dir);
    if let Some(folder) = log.parent() {
        files::private_dir(folder)?;
    }
    let mut child = command.spawn(&home.dir, &log)?;
    let pid = i32::try_from(child.id().unwrap_or_default())?;
    let identity = Identity::of(pid).ok_or_else(|| anyhow::anyhow!("the process ended at once"))?;
    // Somebody must wait for it, or it stays as a zombie.
    tokio::spawn(async move {
        let status = child.wait().await;
        tracing::debug!(pid, status = ?status.ok(), "process ended");
    });
    let record = Record {
        identity,
        generation,
    };
    files::write_private(&part.record(&home.dir), &serde_json::to_vec(&record)?)?;
    tracing::info!(instance.id = %home.id, part = part.name(), pid, "started");
    Ok(record)
}

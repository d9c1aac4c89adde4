//! The processes of all instances: started, adopted after a restart of the daemon, watched, ended.

mod answers;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::confinement::Confinement;
use super::deaths::{Death, Deaths};
use super::groups::Groups;
use super::home::Home;
use super::process::{Command, Identity, find_by_marker};
use super::{files, logs, users};
pub(super) use answers::Asked;

/// How long a process may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// A process that is not ready after this long no longer holds up others.
const LONGEST_START: Duration = Duration::from_mins(1);

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

    /// As the customer knows it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Synapse => "The Matrix homeserver",
            Self::Mindroom => "MindRoom",
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
    /// Whether it has answered since it was started.
    #[serde(default)]
    answered: bool,
}

struct Running {
    record: Record,
    answers: answers::Answers,
    since: Instant,
    /// Whether it is still on its way to being ready, as far as is known.
    is_starting: bool,
    /// When it was asked to end.
    asked: Option<Instant>,
}

#[derive(Default)]
struct State {
    running: HashMap<Key, Running>,
    deaths: HashMap<Key, Deaths>,
    /// How often an instance's memory was used up, as far as it was told.
    memory_kills: HashMap<Uuid, u64>,
}

/// A process that ended again and again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hopeless {
    pub(super) part: Part,
    /// How long it waits yet before it is started once more.
    pub(super) wait: Option<Duration>,
    /// Whether it ended because it used up the instance's memory.
    pub(super) needs_memory: bool,
}

/// All processes that this machine should have.
pub(super) struct Processes {
    dir: PathBuf,
    groups: Option<Groups>,
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
            groups: None,
            state: Mutex::new(state),
        })
    }

    /// Whose control groups tell why a process died.
    pub(super) fn in_groups(mut self, groups: Option<Groups>) -> Self {
        self.groups = groups;
        self
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
        self.note_death(&mut state, (id, part));
        state.deaths.get(&(id, part))?.wait(Instant::now())
    }

    /// Forgets deaths that came before the restart that is wanted: its owner does not wait for them.
    pub(super) fn forgive(&self, id: Uuid, wanted: i32) {
        let is_past = |key: &Key, deaths: &mut Deaths| key.0 == id && deaths.is_before(wanted);
        self.state()
            .deaths
            .retain(|key, deaths| !is_past(key, deaths));
    }

    /// The part of an instance that ended again and again since it was last healthy.
    pub(super) fn hopeless(&self, id: Uuid) -> Option<Hopeless> {
        let state = self.state();
        Part::ALL.into_iter().find_map(|part| {
            let deaths = state.deaths.get(&(id, part))?;
            deaths.is_hopeless().then(|| Hopeless {
                part,
                wait: deaths.wait(Instant::now()),
                needs_memory: deaths.needed_memory(),
            })
        })
    }

    /// Counts the end of a process that nobody asked for; false when there is none.
    fn note_death(&self, state: &mut State, key: Key) -> bool {
        let is_dead =
            |running: &Running| running.asked.is_none() && !running.record.identity.is_alive();
        if !state.running.get(&key).is_some_and(is_dead) {
            return false;
        }
        let Some(dead) = state.running.remove(&key) else {
            return false;
        };
        // What it had started must not hold on to its port and its files.
        dead.record.identity.end_rest();
        let (id, part) = key;
        let kills = self.memory_kills(id);
        let known = state.memory_kills.insert(id, kills);
        let deaths = state.deaths.entry(key).or_default();
        let death = Death {
            lived: dead.since.elapsed(),
            generation: dead.record.generation,
            needed_memory: known.is_some_and(|known| known < kills),
        };
        deaths.note(death, Instant::now());
        tracing::warn!(
            instance.id = %id,
            part = part.name(),
            deaths = deaths.count(),
            out_of_memory = deaths.needed_memory(),
            last_lines = logs::tail(&part.log(&self.dir.join(id.to_string()))),
            "process died"
        );
        metrics::counter!("prov_process_deaths_total", "part" => part.name()).increment(1);
        true
    }

    fn memory_kills(&self, id: Uuid) -> u64 {
        let groups = self.groups.as_ref();
        groups.map_or(0, |groups| groups.of(id).memory_kills())
    }

    /// Starts a process, unless one of an earlier daemon turns up.
    pub(super) fn start(
        &self,
        home: &Home,
        part: Part,
        generation: i32,
        command: &Command,
        within: &Confinement,
    ) -> anyhow::Result<()> {
        let mut state = self.state();
        let key = (home.id, part);
        let running = match find(&home.dir, part) {
            Some(record) => Running::new(record),
            None => Running {
                is_starting: true,
                ..Running::new(spawn(home, part, generation, command, within)?)
            },
        };
        state.running.insert(key, running);
        state
            .memory_kills
            .insert(home.id, self.memory_kills(home.id));
        Ok(())
    }

    /// Notes that a process is ready: it has answered.
    pub(super) fn note_ready(&self, id: Uuid, part: Part) {
        let key = (id, part);
        if let Some(running) = self.state().running.get_mut(&key) {
            running.is_starting = false;
            self.note_first_answer(key, running);
        }
    }

    /// Whether an instance may be started beside those that are being started: a start needs a processor for some
    /// seconds, and too many at once all take too long.
    pub(super) fn may_start(&self, id: Uuid) -> bool {
        let state = self.state();
        let is_starting = |running: &Running| {
            running.is_starting
                && running.since.elapsed() < LONGEST_START
                && running.record.identity.is_alive()
        };
        let starting: HashSet<Uuid> = state
            .running
            .iter()
            .filter(|((other, _), running)| *other != id && is_starting(running))
            .map(|((other, _), _)| *other)
            .collect();
        let processors = std::thread::available_parallelism().map_or(2, NonZero::get);
        starting.len() < processors.max(2)
    }

    /// Asks a process to end, and kills it when its time is over. True once it is gone with all that it started.
    pub(super) fn stop(&self, id: Uuid, part: Part) -> bool {
        let dir = self.dir.join(id.to_string());
        let mut state = self.state();
        let key = (id, part);
        state.deaths.remove(&key);
        let running = match state.running.entry(key) {
            Entry::Occupied(running) => running.into_mut(),
            Entry::Vacant(place) => match find(&dir, part) {
                Some(record) => place.insert(Running::new(record)),
                None => return end_rest(&dir, part),
            },
        };
        let identity = &running.record.identity;
        if !identity.is_alive() {
            if !identity.end_rest() {
                return false;
            }
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
            .filter(|key| self.note_death(&mut state, *key))
            .map(|key| key.0)
            .collect()
    }

    /// Whether anything of an instance runs.
    pub(super) fn is_partly_up(&self, id: Uuid) -> bool {
        Part::ALL.iter().any(|part| self.is_up(id, *part))
    }

    /// Keeps the logs of running processes bounded.
    pub(super) fn bound_logs(&self) {
        let keys: Vec<Key> = self.state().running.keys().copied().collect();
        for (id, part) in keys {
            if let Err(error) = logs::bound(&part.log(&self.dir.join(id.to_string()))) {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot bound a log"
                );
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
            answers: answers::Answers::default(),
            since: Instant::now(),
            is_starting: false,
            asked: None,
        }
    }
}

fn written(dir: &Path, part: Part) -> Option<Record> {
    let text = std::fs::read(part.record(dir)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The living process of a part: the one that was written down, else one that only its arguments give away.
fn find(dir: &Path, part: Part) -> Option<Record> {
    if let Some(record) = written(dir, part).filter(|record| record.identity.is_alive()) {
        return Some(record);
    }
    let identity = find_by_marker(&part.marker(dir))?;
    // Others may call themselves what they like.
    let is_possible = users::noted(dir).is_none_or(|user| identity.is_of(user));
    is_possible.then_some(Record {
        identity,
        generation: 0,
        answered: false,
    })
}

/// Ends what a process left that died while no daemon ran.
fn end_rest(dir: &Path, part: Part) -> bool {
    if let Some(record) = written(dir, part) {
        if !record.identity.end_rest() {
            return false;
        }
        let _ = std::fs::remove_file(part.record(dir));
    }
    true
}

fn spawn(
    home: &Home,
    part: Part,
    generation: i32,
    command: &Command,
    within: &Confinement,
) -> anyhow::Result<Record> {
    let log = part.log(&home.dir);
    if let Some(folder) = log.parent() {
        files::private_dir(folder)?;
    }
    let mut child = command.spawn(&home.own_dir(), &log, within)?;
    let pid = i32::try_from(child.id().unwrap_or_default())?;
    let identity = Identity::of(pid).ok_or_else(|| anyhow::anyhow!("the process ended at once"))?;
    let id = home.id;
    // Somebody must wait for it, or it stays as a zombie.
    tokio::spawn(async move {
        let status = child.wait().await;
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        tracing::info!(instance.id = %id, part = part.name(), pid, status, "ended");
    });
    let record = Record {
        identity,
        generation,
        answered: false,
    };
    files::write_private(&part.record(&home.dir), &serde_json::to_vec(&record)?)?;
    tracing::info!(instance.id = %home.id, part = part.name(), pid, "started");
    Ok(record)
}

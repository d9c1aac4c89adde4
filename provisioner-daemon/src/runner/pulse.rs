//! Signs of life, for the probes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A loop that has not ticked for this long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(90);

/// What the loops last did.
#[derive(Clone)]
pub struct Pulse(Arc<State>);

struct State {
    /// For how long the database counts as reachable after it took a write.
    fresh: Duration,
    ticks: Mutex<BTreeMap<&'static str, Instant>>,
    database: Mutex<Option<Instant>>,
    obstacle: Mutex<Option<&'static str>>,
    is_listening: AtomicBool,
    is_draining: AtomicBool,
    is_outdated: AtomicBool,
}

impl Pulse {
    pub(super) fn new(fresh: Duration) -> Self {
        Self(Arc::new(State {
            fresh,
            ticks: Mutex::default(),
            database: Mutex::default(),
            obstacle: Mutex::default(),
            is_listening: AtomicBool::new(false),
            is_draining: AtomicBool::new(false),
            is_outdated: AtomicBool::new(false),
        }))
    }

    pub(super) fn tick(&self, name: &'static str) {
        let mut ticks = self.0.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.insert(name, Instant::now());
    }

    /// The database took a write. That it can be read says little: it may be full, or a copy.
    pub(super) fn database_took_write(&self) {
        let mut seen = self
            .0
            .database
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *seen = Some(Instant::now());
    }

    /// What keeps this process from some kind of job.
    pub(super) fn set_obstacle(&self, obstacle: Option<&'static str>) {
        let mut set = self
            .0
            .obstacle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *set = obstacle;
    }

    pub(super) fn set_listening(&self, listening: bool) {
        self.0.is_listening.store(listening, Ordering::Relaxed);
    }

    pub(super) fn set_draining(&self) {
        self.0.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether the schema needs a newer daemon than this.
    pub(super) fn set_outdated(&self, outdated: bool) {
        self.0.is_outdated.store(outdated, Ordering::Relaxed);
    }

    pub(super) fn is_outdated(&self) -> bool {
        self.0.is_outdated.load(Ordering::Relaxed)
    }

    /// A loop that is stuck, if one is.
    pub fn stuck(&self) -> Option<&'static str> {
        let ticks = self.0.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        let stuck = ticks.iter().find(|(_, at)| at.elapsed() > STUCK_AFTER);
        stuck.map(|(name, _)| *name)
    }

    /// Why no work should be expected of this process, if so.
    pub fn not_ready(&self) -> Option<&'static str> {
        let seen = *self
            .0
            .database
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.0.is_draining.load(Ordering::Relaxed) {
            Some("draining")
        } else if self.is_outdated() {
            Some("the database needs a newer daemon")
        } else if seen.is_none_or(|at| at.elapsed() > self.0.fresh) {
            Some("the database takes no writes")
        } else if !self.0.is_listening.load(Ordering::Relaxed) {
            Some("not listening")
        } else {
            let obstacle = self.0.obstacle.lock();
            *obstacle.unwrap_or_else(PoisonError::into_inner)
        }
    }
}

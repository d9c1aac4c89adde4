//! Signs of life, for the probes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A loop that has not ticked for this long is stuck.
const STUCK_AFTER: Duration = Duration::from_secs(90);
/// The database counts as reachable for this long after it answered.
const FRESH: Duration = Duration::from_secs(15);

/// What the loops last did.
#[derive(Clone, Default)]
pub struct Pulse(Arc<State>);

#[derive(Default)]
struct State {
    ticks: Mutex<BTreeMap<&'static str, Instant>>,
    database: Mutex<Option<Instant>>,
    is_listening: AtomicBool,
    is_draining: AtomicBool,
}

impl Pulse {
    pub(super) fn tick(&self, name: &'static str) {
        let mut ticks = self.0.ticks.lock().unwrap_or_else(PoisonError::into_inner);
        ticks.insert(name, Instant::now());
    }

    pub(super) fn database_answered(&self) {
        let mut seen = self
            .0
            .database
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *seen = Some(Instant::now());
    }

    pub(super) fn set_listening(&self, listening: bool) {
        self.0.is_listening.store(listening, Ordering::Relaxed);
    }

    pub(super) fn set_draining(&self) {
        self.0.is_draining.store(true, Ordering::Relaxed);
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
        } else if seen.is_none_or(|at| at.elapsed() > FRESH) {
            Some("no answer from the database")
        } else if !self.0.is_listening.load(Ordering::Relaxed) {
            Some("not listening")
        } else {
            None
        }
    }
}

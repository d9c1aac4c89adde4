//! How often a process ended by itself, and how long it waits before it is started again.

use std::time::{Duration, Instant};

/// Waits: doubling from the first to the second.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// A process that lived this long died of something new.
const HEALTHY_AFTER: Duration = Duration::from_mins(5);
/// From this many on it is no accident.
const HOPELESS_FROM: u32 = 3;

/// The deaths of one process since it was last healthy.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Deaths {
    count: u32,
    not_before: Option<Instant>,
    needed_memory: bool,
    /// The restart that the last one was started for.
    generation: i32,
}

/// How a process ended that nobody asked to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Death {
    pub(super) lived: Duration,
    /// The restart that it was started for.
    pub(super) generation: i32,
    /// Whether the instance's memory was used up.
    pub(super) needed_memory: bool,
}

impl Deaths {
    /// Counts one more.
    pub(super) fn note(&mut self, death: Death, now: Instant) {
        if death.lived > HEALTHY_AFTER {
            self.count = 0;
        }
        let pause = PAUSES.0 * (1 << self.count.min(8));
        self.not_before = Some(now + pause.min(PAUSES.1));
        self.count += 1;
        self.needed_memory = death.needed_memory;
        self.generation = death.generation;
    }

    /// Whether its owner has asked for a restart since.
    pub(super) const fn is_before(&self, wanted: i32) -> bool {
        self.generation < wanted
    }

    pub(super) const fn needed_memory(&self) -> bool {
        self.needed_memory
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// How long it has to wait yet.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let left = self.not_before?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Whether its owner should know.
    pub(super) const fn is_hopeless(&self) -> bool {
        self.count >= HOPELESS_FROM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute_and_begin_anew_after_a_healthy_life() {
        let (mut deaths, now) = (Deaths::default(), Instant::now());
        let early = Death {
            lived: Duration::from_secs(2),
            generation: 3,
            needed_memory: true,
        };
        assert_eq!(deaths.wait(now), None);
        let pauses: Vec<u64> = (0..9)
            .map(|_| {
                deaths.note(early, now);
                deaths.wait(now).unwrap().as_secs()
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(deaths.is_hopeless() && deaths.needed_memory());
        assert_eq!(deaths.wait(now + Duration::from_mins(1)), None);
        deaths.note(
            Death {
                lived: Duration::from_hours(1),
                needed_memory: false,
                ..early
            },
            now,
        );
        assert_eq!(deaths.wait(now), Some(Duration::from_secs(1)));
        assert!(!deaths.is_hopeless() && !deaths.needed_memory());
        assert!(deaths.is_before(4) && !deaths.is_before(3));
    }
}

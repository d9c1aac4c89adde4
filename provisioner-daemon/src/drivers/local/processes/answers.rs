//! Which processes live and do not answer.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Key, Part, Processes, Running, files};

/// So many misses in a row make a process that has answered before silent.
const MISSES: u32 = 3;
/// Time that a process has for its first answer: a large database takes a while to be brought to a new version.
const FIRST_ANSWER: Duration = Duration::from_mins(5);

/// What is known of a process's answers.
#[derive(Default)]
pub(super) struct Answers {
    /// In a row.
    misses: u32,
    /// Whether its silence was told.
    is_told: bool,
}

/// A process that may be asked.
#[derive(Debug, Clone, Copy)]
pub(in crate::drivers::local) struct Asked {
    pub(in crate::drivers::local) id: Uuid,
    pub(in crate::drivers::local) part: Part,
    pid: i32,
}

impl Running {
    fn is_silent(&self, now: Instant) -> bool {
        if self.record.answered {
            self.answers.misses >= MISSES
        } else {
            self.answers.misses > 0 && now.duration_since(self.since) > FIRST_ANSWER
        }
    }
}

impl Processes {
    /// All that live and are not being ended.
    pub(in crate::drivers::local) fn to_ask(&self) -> Vec<Asked> {
        let state = self.state();
        let living = state
            .running
            .iter()
            .filter(|(_, running)| running.asked.is_none() && running.record.identity.is_alive());
        living
            .map(|((id, part), running)| Asked {
                id: *id,
                part: *part,
                pid: running.record.identity.pid,
            })
            .collect()
    }

    /// Notes whether a process answered. True when its instance is worth a look: it fell silent, or is no longer.
    pub(in crate::drivers::local) fn note_answer(&self, asked: Asked, has_answered: bool) -> bool {
        let key: Key = (asked.id, asked.part);
        let mut state = self.state();
        let running = state.running.get_mut(&key);
        // It may have been replaced meanwhile.
        let Some(running) = running.filter(|running| running.record.identity.pid == asked.pid)
        else {
            return false;
        };
        if has_answered {
            running.answers.misses = 0;
            self.note_first_answer(key, running);
            return std::mem::take(&mut running.answers.is_told);
        }
        running.answers.misses += 1;
        let falls_silent = running.is_silent(Instant::now()) && !running.answers.is_told;
        if falls_silent {
            running.answers.is_told = true;
            let (id, part) = (asked.id, asked.part.name());
            tracing::warn!(instance.id = %id, part, pid = asked.pid, "process does not answer");
            metrics::counter!("prov_process_silences_total", "part" => part).increment(1);
        }
        falls_silent
    }

    /// From now on its silence is soon told; written down once, for the next daemon.
    pub(super) fn note_first_answer(&self, key: Key, running: &mut Running) {
        if !std::mem::replace(&mut running.record.answered, true) {
            self.keep(key, running);
        }
    }

    fn keep(&self, (id, part): Key, running: &Running) {
        let file = part.record(&self.dir.join(id.to_string()));
        let kept = serde_json::to_vec(&running.record)
            .map_err(std::io::Error::other)
            .and_then(|text| files::write_private(&file, &text));
        if let Err(error) = kept {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot write down an answer"
            );
        }
    }

    /// Whether a process lives and does not answer, also after several tries.
    pub(in crate::drivers::local) fn is_silent(&self, id: Uuid, part: Part) -> bool {
        let state = self.state();
        state.running.get(&(id, part)).is_some_and(|running| {
            running.asked.is_none()
                && running.record.identity.is_alive()
                && running.is_silent(Instant::now())
        })
    }

    /// Whether a process was asked to end and has not yet.
    pub(in crate::drivers::local) fn is_ending(&self, id: Uuid, part: Part) -> bool {
        let state = self.state();
        state
            .running
            .get(&(id, part))
            .is_some_and(|running| running.asked.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::process::Identity;
    use super::super::Record;
    use super::*;

    /// This very process, which lives.
    fn running(answered: bool) -> Running {
        let pid = i32::try_from(std::process::id()).unwrap();
        Running::new(Record {
            identity: Identity::of(pid).unwrap(),
            generation: 0,
            answered,
        })
    }

    #[test]
    fn a_new_process_has_time_for_its_first_answer() {
        let now = Instant::now();
        let mut new = running(false);
        new.answers.misses = 20;
        assert!(!new.is_silent(now + FIRST_ANSWER));
        assert!(new.is_silent(now + FIRST_ANSWER + Duration::from_secs(1)));
        let mut old = running(true);
        old.answers.misses = MISSES - 1;
        assert!(!old.is_silent(now + FIRST_ANSWER * 2));
        old.answers.misses = MISSES;
        assert!(old.is_silent(now));
    }

    #[test]
    fn one_that_was_seen_ready_falls_silent_as_soon_as_one_that_was_asked() {
        let dir = tempfile::tempdir().unwrap();
        let processes = Processes::adopt(dir.path()).unwrap();
        let (id, part) = (Uuid::from_u128(1), Part::Synapse);
        processes.state().running.insert((id, part), running(false));
        let asked = processes.to_ask()[0];
        processes.note_ready(id, part);
        let told = [false; 3].map(|has_answered| processes.note_answer(asked, has_answered));
        assert_eq!(told, [false, false, true]);
    }

    #[test]
    fn silence_and_its_end_are_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let processes = Processes::adopt(dir.path()).unwrap();
        let (id, part) = (Uuid::from_u128(1), Part::Synapse);
        processes.state().running.insert((id, part), running(false));
        let asked = processes.to_ask()[0];
        let note = |has_answered| processes.note_answer(asked, has_answered);
        let told = [true, false, false, true, false, false, false, true, true].map(note);
        let expected = [false, false, false, false, false, false, true, true, false];
        assert_eq!(told, expected);
        assert!(!processes.is_silent(id, part));
        assert_eq!([false; 3].map(note), [false, false, true]);
        assert!(processes.is_silent(id, part));
        let other = Asked {
            pid: asked.pid + 1,
            ..asked
        };
        assert!(!processes.note_answer(other, true), "of one that is gone");
        assert!(processes.is_silent(id, part));

        let kept = Processes::adopt(dir.path()).unwrap();
        assert!(
            kept.state().running[&(id, part)].record.answered,
            "the next daemon knows that it has answered"
        );
    }
}

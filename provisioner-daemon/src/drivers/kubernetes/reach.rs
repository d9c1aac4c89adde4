//! Whether the API server can be reached. While it cannot, nobody but one probe asks it: neither jobs nor watches
//! try by themselves, however many there are.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::drivers::Outage;

/// Away for less than this, nobody is told.
const HICCUP: Duration = Duration::from_secs(10);
/// Jobs look again after a quarter of the time that it is away already, within these bounds.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// The longest that the API server may ask to be left alone at a time.
const LONGEST_ASKED: Duration = Duration::from_mins(2);

/// What was last known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It answers.
    There,
    /// It has not answered for some seconds.
    Hiccup,
    /// It is away.
    Lost,
}

#[derive(Default)]
struct State {
    away_since: Option<Instant>,
    /// By its own word, nothing before this.
    quiet_until: Option<Instant>,
}

/// Shared by all that call the API server.
pub(super) struct Reach {
    state: Mutex<State>,
    sight: watch::Sender<Sight>,
}

impl Default for Reach {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            sight: watch::Sender::new(Sight::There),
        }
    }
}

impl Reach {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known, and every change of it.
    pub(super) fn sight(&self) -> watch::Receiver<Sight> {
        self.sight.subscribe()
    }

    /// Whether a call is worth it now; else when.
    pub(super) fn admit(&self) -> Result<(), Outage> {
        let state = self.state();
        let is_quiet = state
            .quiet_until
            .is_some_and(|until| until > Instant::now());
        if state.away_since.is_some() || is_quiet {
            drop(state);
            return Err(self.outage());
        }
        Ok(())
    }

    /// For how long it is away, and when to come back.
    pub(super) fn outage(&self) -> Outage {
        let state = self.state();
        let now = Instant::now();
        let lasts = state.away_since.map(|since| now - since);
        let asked = state
            .quiet_until
            .map(|until| until.saturating_duration_since(now));
        let patience = (lasts.unwrap_or_default() / 4).clamp(AGAIN.0, AGAIN.1);
        let again = patience.max(asked.unwrap_or_default());
        Outage {
            is_lost: lasts.is_some_and(|lasts| lasts >= HICCUP),
            // those who wait together do not come back together
            again: again.mul_f64(rand::random_range(1.0..1.3)),
        }
    }

    /// It answered.
    pub(super) fn answered(&self) {
        self.state().away_since = None;
        self.set(Sight::There);
    }

    /// It did not answer, or only that it cannot.
    pub(super) fn failed(&self) {
        let now = Instant::now();
        let lasts = now - *self.state().away_since.get_or_insert(now);
        self.set(if lasts >= HICCUP {
            Sight::Lost
        } else {
            Sight::Hiccup
        });
    }

    /// It asked to be left alone.
    pub(super) fn leave_alone(&self, asked: Duration) {
        self.state().quiet_until = Some(Instant::now() + asked.min(LONGEST_ASKED));
    }

    fn set(&self, sight: Sight) {
        self.sight.send_if_modified(|before| {
            let is_other = *before != sight;
            if is_other {
                tracing::warn!(?before, now = ?sight, "the API server");
                metrics::gauge!("prov_api_server_away")
                    .set(f64::from(u8::from(sight == Sight::Lost)));
            }
            *before = sight;
            is_other
        });
    }

    /// Resolves when it answers.
    pub(super) async fn there(&self) {
        // cannot end before `self` does
        let _ = self.sight().wait_for(|sight| *sight == Sight::There).await;
    }

    /// Resolves when it does not.
    pub(super) async fn away(&self) {
        // as above
        let _ = self.sight().wait_for(|sight| *sight != Sight::There).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_while_it_is_away() {
        let reach = Reach::default();
        assert!(reach.admit().is_ok());
        reach.failed();
        let outage = reach.admit().unwrap_err();
        assert!(!outage.is_lost && outage.again >= AGAIN.0);
        assert_eq!(*reach.sight().borrow(), Sight::Hiccup);
        reach.state().away_since = Instant::now().checked_sub(Duration::from_secs(90));
        reach.failed();
        let outage = reach.admit().unwrap_err();
        assert!(outage.is_lost && outage.again >= Duration::from_secs(22));
        assert_eq!(*reach.sight().borrow(), Sight::Lost);
        reach.answered();
        assert!(reach.admit().is_ok());
        assert_eq!(*reach.sight().borrow(), Sight::There);
    }

    #[test]
    fn it_is_left_alone_for_as_long_as_it_asks() {
        let reach = Reach::default();
        reach.leave_alone(Duration::from_secs(30));
        let outage = reach.admit().unwrap_err();
        assert!(!outage.is_lost, "it is there");
        assert!(outage.again > Duration::from_secs(29));
        reach.leave_alone(Duration::ZERO);
        assert!(reach.admit().is_ok());
    }
}

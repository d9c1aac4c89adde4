//! How many requests a component works on at once. Others wait for their turn.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Client,
    /// A component of the application, perhaps the same one.
    Component,
}

/// No turn came in time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// The turns of one component.
pub(crate) struct Turns {
    component: Arc<str>,
    clients: Arc<Semaphore>,
    /// As many again: a request that holds the last of the clients' turns may ask its own
    /// component, or one that asks back, and would wait for itself.
    components: Arc<Semaphore>,
    longest_wait: Duration,
}

impl Turns {
    pub(crate) fn new(component: Arc<str>, most: usize, longest_wait: Duration) -> Self {
        let turns = || Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            component,
            clients: turns(),
            components: turns(),
            longest_wait,
        }
    }

    /// Takes a turn, which lasts as long as the permit.
    pub(crate) async fn take(&self, origin: Origin) -> Result<OwnedSemaphorePermit, Busy> {
        let turns = match origin {
            Origin::Client => &self.clients,
            Origin::Component => &self.components,
        };
        if let Ok(turn) = Arc::clone(turns).try_acquire_owned() {
            return Ok(turn);
        }
        let turn = Arc::clone(turns).acquire_owned();
        if let Ok(Ok(turn)) = tokio::time::timeout(self.longest_wait, turn).await {
            return Ok(turn);
        }
        self.tell_of(origin);
        Err(Busy)
    }

    fn tell_of(&self, origin: Origin) {
        let component = &*self.component;
        match origin {
            Origin::Client => tracing::warn!(
                component,
                "too many requests in progress; sent one away with 503"
            ),
            Origin::Component => tracing::warn!(
                component,
                "too many requests of components in progress; sent one away with 503. Does a \
                 component ask itself, over others perhaps, without end?"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn turns(longest_wait: Duration) -> Turns {
        Turns::new(Arc::from("c"), 2, longest_wait)
    }

    #[tokio::test]
    async fn a_turn_that_comes_free_is_taken() {
        let turns = turns(Duration::MAX);
        let first = turns.take(Origin::Client).await.unwrap();
        let _second = turns.take(Origin::Client).await.unwrap();
        let mut third = std::pin::pin!(turns.take(Origin::Client));
        assert!(third.as_mut().now_or_never().is_none());
        drop(first);
        assert!(third.await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_too_long_is_sent_away() {
        let turns = turns(Duration::from_millis(10));
        let held = [
            turns.take(Origin::Client).await.unwrap(),
            turns.take(Origin::Client).await.unwrap(),
        ];
        assert_eq!(turns.take(Origin::Client).await.err(), Some(Busy));
        drop(held);
        assert!(turns.take(Origin::Client).await.is_ok());
    }

    #[tokio::test]
    async fn clients_and_components_do_not_wait_for_each_other() {
        let turns = turns(Duration::from_millis(10));
        let mut held = Vec::new();
        for origin in [Origin::Client, Origin::Component] {
            held.push(turns.take(origin).await.unwrap());
            held.push(turns.take(origin).await.unwrap());
            assert_eq!(turns.take(origin).await.err(), Some(Busy), "{origin:?}");
        }
    }

    #[tokio::test]
    async fn every_number_is_a_number_of_turns() {
        for most in [0, usize::MAX] {
            let turns = Turns::new(Arc::from("c"), most, Duration::ZERO);
            assert!(turns.take(Origin::Client).await.is_ok());
        }
    }
}

//! Doorbells inside the process: one per class, and one for the heartbeat.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// Wakes loops. A ring that nobody waits for yet is kept.
#[derive(Clone)]
pub(super) struct Wakes {
    classes: Vec<Arc<Notify>>,
    beat: Arc<Notify>,
}

impl Wakes {
    pub(super) fn new(classes: usize) -> Self {
        Self {
            classes: (0..classes).map(|_| Arc::new(Notify::new())).collect(),
            beat: Arc::new(Notify::new()),
        }
    }

    pub(super) fn ring(&self, class: usize) {
        if let Some(bell) = self.classes.get(class) {
            bell.notify_one();
        }
    }

    pub(super) fn ring_all(&self) {
        for bell in &self.classes {
            bell.notify_one();
        }
    }

    /// Rings when a snoozed job is due, so that it does not wait for the next poll.
    pub(super) fn ring_after(&self, class: usize, delay: Duration) {
        let Some(bell) = self.classes.get(class).cloned() else {
            return;
        };
        tokio::spawn(async move {
            // The database counts from its own `now()`, which was a little earlier.
            tokio::time::sleep(delay + Duration::from_millis(2)).await;
            bell.notify_one();
        });
    }

    /// Rings everywhere when jobs that were taken back are due.
    pub(super) fn ring_all_after(&self, delay: Duration) {
        for class in 0..self.classes.len() {
            self.ring_after(class, delay);
        }
    }

    pub(super) async fn rung(&self, class: usize) {
        match self.classes.get(class) {
            Some(bell) => bell.notified().await,
            None => std::future::pending().await,
        }
    }

    pub(super) fn ring_beat(&self) {
        self.beat.notify_one();
    }

    pub(super) async fn beat_rung(&self) {
        self.beat.notified().await;
    }
}

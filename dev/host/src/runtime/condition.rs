//! What is known of one instance while it runs, beside its store: that is locked meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wasmtime::{Store, UpdateDeadline};

use super::engine::TICK;

/// How long an instance has computed without waiting for anything, and whether it must end.
#[derive(Default)]
pub(crate) struct Condition {
    /// Ticks of the epoch in which it was found computing, since it last waited.
    busy_ticks: AtomicU64,
    /// Set while it gives way to others: that is no waiting.
    giving_way: AtomicBool,
    /// Why it must end, with all of its requests.
    doom: OnceLock<String>,
    /// It has ended by a trap, or was ended.
    failed: AtomicBool,
}

impl Condition {
    /// It came to rest: it waits for something, unless it only gives way.
    pub(crate) fn rests(&self) {
        if !self.giving_way.load(Relaxed) {
            self.waited();
        }
    }

    /// Its time begins anew.
    pub(crate) fn waited(&self) {
        self.busy_ticks.store(0, Relaxed);
    }

    /// Ends the instance as a trap would, as soon as it rests. The first reason is kept.
    pub(crate) fn end(&self, reason: String) {
        let _ = self.doom.set(reason);
    }

    /// It ends, and not of its own accord.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Relaxed);
    }

    /// Whether it has failed: what it has not said by then is missing.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Relaxed)
    }

    /// Why it must end, if it must.
    pub(crate) fn doom(&self) -> Option<&str> {
        self.doom.get().map(String::as_str)
    }
}

/// Makes a computing instance give way at every tick, and stops it when it has had its time.
pub(crate) fn watch<T>(store: &mut Store<T>, condition: &Arc<Condition>, longest: Duration) {
    let condition = Arc::clone(condition);
    let most = u64::try_from(longest.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if condition.busy_ticks.fetch_add(1, Relaxed) >= most {
            let seconds = longest.as_secs_f64();
            wasmtime::bail!(
                "it computed for {seconds} s without waiting for anything, and was stopped"
            );
        }
        let condition = Arc::clone(&condition);
        let give_way = async move {
            condition.giving_way.store(true, Relaxed);
            tokio::task::yield_now().await;
            condition.giving_way.store(false, Relaxed);
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(give_way)))
    });
}

//! Asks every process whether it answers: one that lives and does not is as bad as a dead one, and its end tells
//! nobody.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use store::daemon::Db;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::processes::{Asked, Part};
use super::{LocalDriver, mindroom, ports, synapse, tidy};

/// How often each process is asked.
const LOOK: Duration = Duration::from_secs(10);
/// Silence after which a question counts as missed.
const PATIENCE: Duration = Duration::from_secs(5);
/// Questions under way at once.
const AT_ONCE: usize = 16;

pub(super) async fn run(driver: Arc<LocalDriver>, db: Db, stop: CancellationToken) {
    tokio::select! {
        () = watch(&driver, &db) => {}
        () = stop.cancelled() => {}
    }
}

async fn watch(driver: &LocalDriver, db: &Db) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = Vec::new();
    loop {
        looks.tick().await;
        let answers = futures::stream::iter(driver.processes.to_ask())
            .map(|asked| async move { (asked, has_answer(driver, asked).await) })
            .buffer_unordered(AT_ONCE);
        let answers: Vec<(Asked, bool)> = answers.collect().await;
        for (asked, has_answered) in answers {
            if driver.processes.note_answer(asked, has_answered) {
                waiting.push(asked.id);
            }
        }
        // Kept until the database took it: it is told once.
        waiting = tidy::enqueue(db, waiting).await;
    }
}

/// Whether a process answers at all; not yet being ready is an answer, too.
async fn has_answer(driver: &LocalDriver, asked: Asked) -> bool {
    let dir = driver.config.state_dir.join("instances");
    let Ok(Some(ports)) = ports::read(&dir.join(asked.id.to_string())) else {
        return false;
    };
    let url = match asked.part {
        Part::Synapse => synapse::health_url(ports.synapse),
        Part::Mindroom => mindroom::health_url(ports.mindroom),
    };
    driver
        .http
        .get(url)
        .timeout(PATIENCE)
        .send()
        .await
        .is_ok_and(|answer| answer.status().is_success())
}

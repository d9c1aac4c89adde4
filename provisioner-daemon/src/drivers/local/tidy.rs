//! What the local driver does by itself: notices processes that died, bounds logs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use store::daemon::{Db, instances, jobs};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::LocalDriver;
use super::processes::Processes;

/// How often processes are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How often logs are looked at.
const TIDY: Duration = Duration::from_secs(10);

pub(super) async fn run(driver: Arc<LocalDriver>, db: Db, stop: CancellationToken) {
    tokio::select! {
        () = watch(&driver, &db) => {}
        () = stop.cancelled() => {}
    }
}

async fn watch(driver: &LocalDriver, db: &Db) {
    start_what_is_down(driver, db).await;
    let mut tidied = Instant::now();
    let mut waiting = Vec::new();
    loop {
        waiting.extend(driver.processes.take_deaths());
        // Kept until the database took it: a death is told once.
        waiting = enqueue(db, waiting).await;
        if tidied.elapsed() > TIDY {
            tidied = Instant::now();
            driver.processes.bound_logs();
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Enqueues a reconcile for each; answers those that could not be.
pub(super) async fn enqueue(db: &Db, instances: Vec<Uuid>) -> Vec<Uuid> {
    let mut left = Vec::new();
    for instance in instances {
        if let Err(error) = jobs::enqueue_instance(db, instance, Duration::ZERO).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what was noticed is not told yet"
            );
            left.push(instance);
        } else {
            let _ = jobs::ring(db, 0).await;
        }
    }
    left
}

/// After a start of the machine or a `stop-instances`: instances that should be up and are not.
async fn start_what_is_down(driver: &LocalDriver, db: &Db) {
    let wished = loop {
        match instances::list_wished_up(db).await {
            Ok(wished) => break wished,
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    };
    let is_down = |id: &Uuid| !driver.processes.is_partly_up(*id);
    let mut left: Vec<Uuid> = wished.into_iter().filter(is_down).collect();
    while !left.is_empty() {
        left = enqueue(db, left).await;
        if !left.is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Ends all instances' processes of a state folder. No daemon may run on it, or it would start them again.
pub async fn stop_instances(state_dir: &Path) -> anyhow::Result<()> {
    // Absolute, as in the arguments of the processes.
    let instances = std::path::absolute(state_dir)?.join("instances");
    if instances.exists() {
        Processes::adopt(&instances)?.stop_all().await;
    }
    Ok(())
}

//! The queue under a steady load while somebody holds a snapshot open, so that no dead row can be cleared away.

use std::time::Duration;

use provisioner_daemon::runner::Settings;

use crate::sample;
use crate::world::{Noop, World};

/// Jobs a second.
const RATE: u32 = 200;

pub(crate) async fn measure(world: &World, seconds: u64) {
    let reader = world.database.owner().await;
    reader
        .batch_execute("begin isolation level repeatable read; select count(*) from prov.jobs")
        .await
        .unwrap();
    let runner = world.start(Noop, Settings::default());
    let jobs = RATE * u32::try_from(seconds).unwrap();
    let load = world.enqueue_steadily(RATE, jobs, "snapshot");
    let mut load = std::pin::pin!(load);
    let mut most = 0;
    let mut pace = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = &mut load => break,
            _ = pace.tick() => {
                let waiting = "select count(*) from prov.jobs where state = 'queued'";
                most = world.ask::<i64>(waiting).await.max(most);
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred jobs")]
    sample("snapshot", most as f64);
    world.drained().await;
    reader.batch_execute("commit").await.unwrap();
    runner.drain().await;
    world.run("vacuum prov.jobs").await;
}

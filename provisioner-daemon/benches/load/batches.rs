//! Jobs that do nothing, by two replicas that take up to twenty at once; and what a job writes to the log.

use provisioner_daemon::runner::Settings;

use crate::sample;
use crate::world::{Noop, World};

const REPLICAS: usize = 2;
const BATCH: usize = 20;
/// So many for each second of load.
const JOBS: u64 = 4000;

pub(crate) async fn measure(world: &World, seconds: u64) {
    let jobs = JOBS * seconds;
    let log_before: i64 = world.ask(LOG).await;
    world.run("truncate prov.job_history").await;
    world.fill(jobs).await;
    let settings = || Settings {
        slots: vec![BATCH],
        ..Settings::default()
    };
    let runners: Vec<_> = (0..REPLICAS)
        .map(|_| world.start(Noop, settings()))
        .collect();
    world.drained().await;
    for runner in runners {
        runner.drain().await;
    }
    let rate: f64 = world
        .ask(
            "select count(*) / extract(epoch from max(finished_at) - min(claimed_at))::float8 \
             from prov.job_history",
        )
        .await;
    sample("batches", rate);
    let log: i64 = world.ask(LOG).await;
    #[expect(
        clippy::cast_precision_loss,
        reason = "some megabytes, some thousand jobs"
    )]
    sample("log", (log - log_before) as f64 / jobs as f64);
}

/// Bytes written to the write-ahead log.
const LOG: &str = "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint";

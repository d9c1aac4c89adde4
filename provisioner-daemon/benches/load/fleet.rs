//! Many instances in a control plane without a node: made at a time, waiting for pods, and idle behind a daemon that
//! starts anew. That daemon is a process of its own, this program run again.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use metrics_exporter_prometheus::PrometheusHandle;
use provisioner_daemon::measures;
use tokio_util::sync::CancellationToken;

use crate::instances::{ADMIN, singles, start, world};
use crate::sample;
use crate::world::World;

/// One of so many is made in the round that is measured, and then waits for pods.
const MADE: usize = 5;
/// Instances that are ordered one after another beside those.
const SINGLES: usize = 100;
/// The others are made and stopped by so many: what waits for pods is looked at, which costs.
const BATCH: usize = 400;

/// `instances` are idle in the end.
pub(crate) async fn measure(instances: usize) {
    let metrics = measures::install().unwrap();
    let world = world().await;
    let stop = CancellationToken::new();
    let admin_url = world.database.url(ADMIN);
    let runner = start(&world.url(), &admin_url, stop.clone()).await;
    let made = instances / MADE;
    let began = Instant::now();
    world.order_together(0, made).await;
    let count = f64::from(u32::try_from(made).unwrap());
    sample("rate", count / began.elapsed().as_secs_f64());
    sample("failed jobs", world.failed_jobs().await);
    sample("api errors", api_errors(&metrics));
    let waits = singles(&world, made, SINGLES).await;
    sample("beside p50", waits[SINGLES / 2]);
    sample("beside p99", waits[SINGLES * 99 / 100]);
    world.stop_all().await;
    // From here on nothing is measured that waits for the disk.
    world.run("alter system set fsync = off").await;
    world.run("select pg_reload_conf()").await;
    world.remove_databases().await;
    let mut first = made + SINGLES;
    while first < instances {
        let batch = BATCH.min(instances - first);
        world.order_together(first, batch).await;
        world.stop_all().await;
        world.remove_databases().await;
        first += batch;
    }
    stop.cancel();
    runner.drain().await;
    restart(&world, &admin_url).await;
}

/// Writes to the cluster that were answered otherwise than well.
fn api_errors(metrics: &PrometheusHandle) -> f64 {
    let text = metrics.render();
    let calls = text
        .lines()
        .filter(|line| line.starts_with("prov_api_call_seconds_count"));
    let failed = calls.filter(|line| !line.contains(r#"code="ok""#));
    // the sum of none is minus zero
    failed.map(value).sum::<f64>().abs()
}

/// Of a line of Prometheus' text form.
fn value(line: &str) -> f64 {
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A daemon that starts and finds all of them, until it has looked at one.
async fn restart(world: &World, admin_url: &str) {
    world.run("delete from prov.job_history").await;
    let began = Instant::now();
    let daemon = Daemon::start(&world.url(), admin_url);
    world.enqueue(0, 0).await;
    world.drained().await;
    sample("ready", began.elapsed().as_secs_f64());
    daemon.tell().await;
}

/// Ended with the value at the latest.
struct Daemon(Child);

impl Daemon {
    fn start(url: &str, admin_url: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["fleet-daemon", "--url", url, "--admin-url", admin_url]);
        Self(command.stdin(Stdio::piped()).spawn().unwrap())
    }

    /// Lets it tell its samples once it has gone through all of its instances.
    async fn tell(mut self) {
        drop(self.0.stdin.take());
        let ended = tokio::task::spawn_blocking(move || self.0.wait().unwrap());
        assert!(ended.await.unwrap().success(), "the daemon");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // ended already is as good
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What runs in the other process, until its standard input ends.
pub(crate) async fn daemon(url: &str, admin_url: &str) {
    let metrics = measures::install().unwrap();
    let stop = CancellationToken::new();
    let runner = start(url, admin_url, stop.clone()).await;
    let until_end = || std::io::stdin().read_to_end(&mut Vec::new());
    tokio::task::spawn_blocking(until_end)
        .await
        .unwrap()
        .unwrap();
    sample("pass", passed(&metrics).await);
    sample("memory", memory("VmRSS:"));
    sample("most memory", memory("VmHWM:"));
    stop.cancel();
    runner.drain().await;
}

/// Seconds of a pass through all instances, once there was one.
async fn passed(metrics: &PrometheusHandle) -> f64 {
    loop {
        let text = metrics.render();
        let of = |name: &str| text.lines().find(|line| line.starts_with(name)).map(value);
        if let (Some(count), Some(sum)) = (
            of("prov_full_pass_seconds_count"),
            of("prov_full_pass_seconds_sum"),
        ) && count > 0.0
        {
            return sum / count;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Of this process, in megabytes.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<f64>().unwrap() / 1024.0
}

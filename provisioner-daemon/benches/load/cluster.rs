//! Instances in a control plane without a node: how fast their objects come to be, by the daemon and by
//! `helm upgrade --install` of the same chart, and what a look at one costs that is as it should be.

use std::process::Stdio;
use std::time::Instant;

use futures::StreamExt;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tokio_util::sync::CancellationToken;

use crate::instances::{ADMIN, chart, program, singles, start, world};
use crate::sample;
use crate::world::World;

/// Instances that are ordered one after another.
const SINGLES: usize = 20;
/// Helm runs at a time: as many as the daemon has slots for.
const HELM_AT_ONCE: usize = 4;

pub(crate) async fn measure(instances: usize) {
    let world = world().await;
    let stop = CancellationToken::new();
    let runner = start(&world.url(), &world.database.url(ADMIN), stop.clone()).await;
    tell("one", &singles(&world, 0, SINGLES).await);
    together(&world, SINGLES, instances).await;
    // All of those wait for pods by now, which hold no slot.
    let beside = singles(&world, SINGLES + instances, SINGLES).await;
    tell("beside", &beside);
    helm(instances.min(40)).await;
    unchanged(&world).await;
    stop.cancel();
    runner.drain().await;
}

fn tell(name: &str, waits: &[f64]) {
    sample(&format!("{name} p50"), waits[waits.len() / 2]);
    sample(&format!("{name} most"), waits[waits.len() - 1]);
}

/// Many at a time.
async fn together(world: &World, first: usize, instances: usize) {
    let (began, computed) = (Instant::now(), processor_s());
    world.order_together(first, instances).await;
    let count = f64::from(u32::try_from(instances).unwrap());
    sample("rate", count / began.elapsed().as_secs_f64());
    sample("processor", (processor_s() - computed) / count);
    sample("errors", world.failed_jobs().await);
}

/// The same chart by Helm itself.
async fn helm(instances: usize) {
    let (began, computed) = (Instant::now(), processor_s());
    let runs = (0..instances).map(|number| {
        tokio::process::Command::new(program())
            .args(["upgrade", "--install", "instance"])
            .arg(chart())
            .args([
                "--namespace",
                &format!("helm-{number}"),
                "--create-namespace",
            ])
            .arg("--values")
            .arg(chart().join("ci/base.yaml"))
            .stdout(Stdio::null())
            .status()
    });
    let mut runs = futures::stream::iter(runs).buffer_unordered(HELM_AT_ONCE);
    while let Some(status) = runs.next().await {
        assert!(status.unwrap().success(), "helm");
    }
    let count = f64::from(u32::try_from(instances).unwrap());
    sample("helm rate", count / began.elapsed().as_secs_f64());
    sample("helm processor", (processor_s() - computed) / count);
}

/// Looks at instances that are as they should be. Without a node those are the stopped ones.
async fn unchanged(world: &World) {
    world.stop_all().await;
    world.run("delete from prov.job_history").await;
    for number in 0..SINGLES {
        world.enqueue(number, number).await;
        world.drained().await;
    }
    let middle = "select (percentile_cont(0.5) within group (order by extract(epoch from finished_at - claimed_at)))::float8 \
                  * 1000 from prov.job_history";
    sample("unchanged p50", world.ask(middle).await);
}

/// Seconds that this process and the programs that it has run have computed.
fn processor_s() -> f64 {
    let of = |who| {
        let usage = getrusage(who).unwrap();
        (usage.user_time() + usage.system_time()).num_microseconds()
    };
    let all = of(UsageWho::RUSAGE_SELF) + of(UsageWho::RUSAGE_CHILDREN);
    std::time::Duration::from_micros(u64::try_from(all).unwrap()).as_secs_f64()
}

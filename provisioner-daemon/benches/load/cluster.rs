//! Instances in a control plane without a node: how fast their objects come to be, by the daemon and by
//! `helm upgrade --install` of the same chart, and what a look at one costs that is as it should be.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use provisioner_daemon::drivers::kubernetes::{Config, KubernetesDriver};
use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::{Handler, Runner, Settings};
use serde_json::json;
use store::daemon::Db;
use store::daemon::instance_databases::Server;
use tokio_util::sync::CancellationToken;

use crate::sample;
use crate::world::{CONNECTIONS, World};

/// Instances that are ordered one after another.
const SINGLES: usize = 20;
/// Helm runs at a time: as many as the daemon has slots for.
const HELM_AT_ONCE: usize = 4;

/// All objects of an instance were applied.
const APPLIED: &str = "select count(digest) from prov.cluster_renders";

pub(crate) async fn measure(instances: usize) {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let world = World::new().await;
    world
        .run("create role instance_admin login createdb createrole")
        .await;
    let stop = CancellationToken::new();
    let runner = start(&world, stop.clone()).await;
    while runner.pulse().not_ready().is_some() {
        pause().await;
    }
    singles(&world, 0, "one").await;
    together(&world, SINGLES, instances).await;
    // All of those wait for pods by now, which hold no slot.
    singles(&world, SINGLES + instances, "beside").await;
    helm(instances.min(40)).await;
    unchanged(&world).await;
    stop.cancel();
    runner.drain().await;
}

async fn start(world: &World, stop: CancellationToken) -> Runner {
    let config = Config {
        domain: "example.com".to_owned(),
        databases: Server::new(&world.database.url("instance_admin")).unwrap(),
        helm: program(),
        chart: chart(),
        values: json!({
            "images": {"mindroom": "ghcr.io/mindroom-ai/mindroom:2026.10.589"},
            "database": {"cidr": "198.51.100.7/32"},
        }),
        model: None,
        retention: std::time::Duration::ZERO,
        service_account: None,
        synapse_url: "http://synapse.{namespace}.svc:8008".to_owned(),
        web_url: None,
    };
    let kubernetes = kube::Config::infer().await.unwrap();
    let db = Db::new(&world.url(), CONNECTIONS).unwrap();
    let driver = KubernetesDriver::start(config, kubernetes, db.clone(), stop).unwrap();
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(ReconcileInstance::new(driver))];
    Runner::start(db, &world.url(), handlers, Settings::default()).unwrap()
}

/// From an order to the last object, while nothing else is to be done.
async fn singles(world: &World, first: usize, name: &str) {
    let mut waits = Vec::new();
    for number in first..first + SINGLES {
        world.order(number, number).await;
        let began = Instant::now();
        world.enqueue(number, number).await;
        world.applied(number + 1).await;
        waits.push(began.elapsed().as_secs_f64() * 1e3);
    }
    waits.sort_by(f64::total_cmp);
    sample(&format!("{name} p50"), waits[waits.len() / 2]);
    sample(&format!("{name} most"), waits[waits.len() - 1]);
}

/// Many at a time.
async fn together(world: &World, first: usize, instances: usize) {
    let last = first + instances - 1;
    world.order(first, last).await;
    let (began, computed) = (Instant::now(), processor_s());
    world.enqueue(first, last).await;
    world.applied(last + 1).await;
    let count = f64::from(u32::try_from(instances).unwrap());
    sample("rate", count / began.elapsed().as_secs_f64());
    sample("processor", (processor_s() - computed) / count);
    let failed: i64 = world
        .ask("select count(*) from prov.jobs where attempt > 0 and state = 'queued' or state = 'dead'")
        .await;
    sample("errors", f64::from(i32::try_from(failed).unwrap()));
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
    world
        .run(
            "update instances set desired_state = 'stopped', desired_gen = desired_gen + 1; \
             select count(prov.enqueue_instance(id)) from instances; select prov.ring(0)",
        )
        .await;
    let settled =
        "select bool_and(status = 'stopped') and not exists (select from prov.jobs) from instances";
    while !world.ask::<bool>(settled).await {
        pause().await;
    }
    world.run("delete from prov.job_history").await;
    for number in 0..SINGLES {
        world.enqueue(number, number).await;
        world.drained().await;
    }
    let middle = "select (percentile_cont(0.5) within group (order by extract(epoch from finished_at - claimed_at)))::float8 \
                  * 1000 from prov.job_history";
    sample("unchanged p50", world.ask(middle).await);
}

impl World {
    /// Rows of instances, each of an account of its own.
    async fn order(&self, first: usize, last: usize) {
        self.run(&format!(
            "with n as (select n from generate_series({first}, {last}) n), \
             a as (insert into accounts (id, email, stripe_customer_id) select gen_random_uuid(), 'a' || n || '@example.com', 'cus_' || n from n \
               returning id, substr(stripe_customer_id, 5) as n), \
             s as (insert into subscriptions (account_id, tier, status, max_agents, max_messages_per_day, max_storage_gb) \
               select id, 'hobby', 'active', 1, 1, 1 from a returning id, account_id) \
             insert into instances (account_id, subscription_id, subdomain, name, tier) \
             select a.id, s.id, 'number' || a.n, 'Test', 'hobby' from a join s on s.account_id = a.id"
        ))
        .await;
    }

    async fn enqueue(&self, first: usize, last: usize) {
        self.run(&format!(
            "select count(prov.enqueue_instance(id)) from instances \
             where substr(subdomain, 7)::int between {first} and {last}; select prov.ring(0)"
        ))
        .await;
    }

    async fn applied(&self, count: usize) {
        while self.ask::<i64>(APPLIED).await < i64::try_from(count).unwrap() {
            pause().await;
        }
    }
}

async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
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

fn program() -> PathBuf {
    PathBuf::from(std::env::var_os("HELM").expect("HELM"))
}

fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/instance")
}

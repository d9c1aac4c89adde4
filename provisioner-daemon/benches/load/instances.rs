//! Instances in a database and in the cluster of `KUBECONFIG`, by the daemon's driver and queue as they are.
//!
//! The control plane has no node: instances that are to run wait for their pods for ever.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use provisioner_daemon::drivers::kubernetes::{Config, KubernetesDriver};
use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::{Handler, Runner, Settings};
use serde_json::json;
use store::daemon::Db;
use store::daemon::instance_databases::Server;
use tokio_util::sync::CancellationToken;

use crate::world::{CONNECTIONS, World};

/// All objects of an instance were applied.
const APPLIED: &str = "select count(digest) from prov.cluster_renders";

/// The role that makes instances' databases.
pub(crate) const ADMIN: &str = "instance_admin";

/// A database for instances.
pub(crate) async fn world() -> World {
    let world = World::new().await;
    world
        .run(&format!("create role {ADMIN} login createdb createrole"))
        .await;
    world
}

/// A daemon's driver and queue, once they work.
pub(crate) async fn start(url: &str, admin_url: &str, stop: CancellationToken) -> Runner {
    // there is one already where two follow each other
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = Config {
        domain: "example.com".to_owned(),
        databases: Server::new(admin_url).unwrap(),
        helm: program(),
        chart: chart(),
        values: json!({
            "images": {"mindroom": "ghcr.io/mindroom-ai/mindroom:2026.10.589"},
            "database": {"cidr": "198.51.100.7/32"},
        }),
        model: None,
        retention: Duration::ZERO,
        service_account: None,
        synapse_url: "http://synapse.{namespace}.svc:8008".to_owned(),
        web_url: None,
    };
    let kubernetes = kube::Config::infer().await.unwrap();
    let db = Db::new(url, CONNECTIONS).unwrap();
    let driver = KubernetesDriver::start(config, kubernetes, db.clone(), stop).unwrap();
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(ReconcileInstance::new(driver))];
    let runner = Runner::start(db, url, handlers, Settings::default()).unwrap();
    while runner.pulse().not_ready().is_some() {
        pause().await;
    }
    runner
}

impl World {
    /// Rows of instances, each of an account of its own.
    pub(crate) async fn order(&self, first: usize, last: usize) {
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

    /// Asks for a look at them.
    pub(crate) async fn enqueue(&self, first: usize, last: usize) {
        self.run(&format!(
            "select count(prov.enqueue_instance(id)) from instances \
             where substr(subdomain, 7)::int between {first} and {last}; select prov.ring(0)"
        ))
        .await;
    }

    /// Waits until all objects of so many instances are applied.
    pub(crate) async fn applied(&self, count: usize) {
        while self.ask::<i64>(APPLIED).await < i64::try_from(count).unwrap() {
            pause().await;
        }
    }

    /// Orders many at a time, and waits for all their objects.
    pub(crate) async fn order_together(&self, first: usize, instances: usize) {
        let last = first + instances - 1;
        self.order(first, last).await;
        self.enqueue(first, last).await;
        self.applied(last + 1).await;
    }

    /// Jobs that met an error.
    pub(crate) async fn failed_jobs(&self) -> f64 {
        let failed = "select count(*)::float8 from prov.jobs \
                      where attempt > 0 and state = 'queued' or state = 'dead'";
        self.ask(failed).await
    }

    /// Stops all instances, and waits until they are.
    pub(crate) async fn stop_all(&self) {
        self.run(
            "update instances set desired_state = 'stopped', desired_gen = desired_gen + 1 \
               where desired_state <> 'stopped'; \
             select count(prov.enqueue_instance(id)) from instances where status <> 'stopped'; \
             select prov.ring(0)",
        )
        .await;
        let settled = "select bool_and(status = 'stopped') and not exists (select from prov.jobs) \
                       from instances";
        while !self.ask::<bool>(settled).await {
            pause().await;
        }
    }

    /// Removes the databases of instances, all of which are stopped: thousands take more room than many a disk has, and
    /// nobody asks for that of an instance which is stopped.
    pub(crate) async fn remove_databases(&self) {
        let names: Vec<String> = self
            .ask("select coalesce(array_agg(datname::text), '{}') from pg_database where datname ~ '^instance_'")
            .await;
        for name in names {
            self.run(&format!("drop database {name}")).await;
        }
    }
}

/// From orders, one after another while nothing else is ordered, to the last object of each; in milliseconds, the
/// shortest first.
pub(crate) async fn singles(world: &World, first: usize, count: usize) -> Vec<f64> {
    let mut waits = Vec::new();
    for number in first..first + count {
        world.order(number, number).await;
        let began = Instant::now();
        world.enqueue(number, number).await;
        world.applied(number + 1).await;
        waits.push(began.elapsed().as_secs_f64() * 1e3);
    }
    waits.sort_by(f64::total_cmp);
    waits
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// Helm.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(std::env::var_os("HELM").expect("HELM"))
}

/// The chart of instances.
pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/instance")
}

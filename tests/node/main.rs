//! Instances as pods of a real node: containers that run Synapse and MindRoom, reached as a customer reaches them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it found by panicking"
)]

mod cluster;
mod pods;
mod policies;
mod walls;

use std::time::{Duration, Instant};

use cluster::Cluster;
use platform_tests::{Account, Matrix, Platform, until};
use reqwest::Method;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test]
async fn an_instance_lives_in_pods_and_leaves_nothing() {
    let platform = Platform::get();
    let cluster = Cluster::get();
    let account = Account::sign_up(&platform).await;
    let asked = Instant::now();
    let instance = account.instance().await;
    let running = account.awaits(&instance, "running").await;
    println!(
        "a running instance after {:.1} s",
        asked.elapsed().as_secs_f64()
    );
    let namespace = namespace(&platform, &running).await;
    assert_eq!(
        containers(&cluster, &namespace).await,
        ["mindroom ready", "synapse ready"]
    );
    assert_eq!(matrix(&platform, &running).await, 200);
    dashboard(&platform, &running).await;
    let owner = Matrix::sign_in(&platform, &running).await;
    let room = owner.enter("Lobby").await;
    owner.meets(&room, "Assistant").await;

    let path = format!("/my/instances/{}", running["instance_id"]);
    account.post(&format!("{path}/stop")).await.expect(202);
    account.awaits(&running, "stopped").await;
    until("the last pod to end", PATIENCE, async || {
        containers(&cluster, &namespace)
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    assert_eq!(matrix(&platform, &running).await, 503);

    account.post(&format!("{path}/start")).await.expect(202);
    account.awaits(&running, "running").await;
    assert_eq!(matrix(&platform, &running).await, 200);
    // what was said before is in the volumes and the database, which stayed
    assert_eq!(owner.enter("Lobby").await, room);

    let volumes = volumes(&cluster, &namespace).await;
    assert_eq!(volumes.len(), 2, "{volumes:?}");
    account.delete(&running).await;
    assert!(
        cluster
            .find(&format!("/api/v1/namespaces/{namespace}"))
            .await
            .is_none()
    );
    until("the volumes to be gone", PATIENCE, async || {
        let left = self::volumes(&cluster, &namespace).await;
        left.is_empty().then_some(())
    })
    .await;
    for folder in volumes {
        assert!(!std::path::Path::new(&folder).exists(), "{folder} is left");
    }
    let database = platform.database().await;
    let left = "select count(*) from pg_database where datname like 'instance_%'
        and not exists (select 1 from instances where status <> 'deprovisioned')";
    let left: i64 = database.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0, "databases are left");
}

/// Where its objects are.
async fn namespace(platform: &Platform, instance: &Value) -> String {
    let number = i32::try_from(instance["instance_id"].as_i64().unwrap()).unwrap();
    let id = "select id from instances where instance_id = $1";
    let row = platform.database().await.query_one(id, &[&number]).await;
    let id: uuid::Uuid = row.unwrap().get(0);
    format!("instance-{id}")
}

/// `name ready` or `name waits` of each container.
async fn containers(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let pods = cluster
        .list(&format!("/api/v1/namespaces/{namespace}/pods"))
        .await;
    let statuses = pods.iter().flat_map(|pod| {
        let statuses = pod["status"]["containerStatuses"].as_array();
        statuses.cloned().unwrap_or_default()
    });
    let mut all: Vec<String> = statuses
        .map(|status| {
            let is_ready = status["ready"] == json!(true);
            let name = status["name"].as_str().unwrap_or_default();
            format!("{name} {}", if is_ready { "ready" } else { "waits" })
        })
        .collect();
    all.sort();
    all
}

/// The folders of its volumes.
async fn volumes(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let volumes = cluster.list("/api/v1/persistentvolumes").await;
    let own = volumes
        .iter()
        .filter(|volume| volume["spec"]["claimRef"]["namespace"] == namespace);
    own.filter_map(|volume| volume["spec"]["local"]["path"].as_str())
        .map(str::to_owned)
        .collect()
}

/// MindRoom answers by the gateway: without the web gate it asks for its key.
async fn dashboard(platform: &Platform, instance: &Value) {
    let base = instance["frontend_url"].as_str().unwrap();
    let visit = async |path: &str| {
        let url = format!("{base}{path}");
        platform.send(platform.request(Method::GET, &url)).await
    };
    let first = visit("/").await;
    assert_eq!(first.status, 307, "{}", first.text);
    assert!(
        first.header("location").starts_with("/login?"),
        "{}",
        first.header("location")
    );
    let page = visit("/login").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("MindRoom"), "{}", page.text);
}

/// What Matrix's first question is answered with, by the gateway.
async fn matrix(platform: &Platform, instance: &Value) -> u16 {
    let base = instance["matrix_server_url"].as_str().unwrap();
    let url = format!("{base}/_matrix/client/versions");
    platform
        .send(platform.request(Method::GET, &url))
        .await
        .status
}

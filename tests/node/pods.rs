//! Pods of the tests' own program: that the node is one.

use std::time::Duration;

use platform_tests::until;
use serde_json::{Value, json};

use crate::cluster::Cluster;

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_pod_runs_is_reached_and_goes() {
    let cluster = Cluster::get();
    let path = "/api/v1/namespaces/default/pods/greeter";
    cluster
        .make_pod("default", "greeter", json!({}), &["-listen", ":8080"])
        .await;
    let pod = phase(&cluster, path, "Running").await;
    let address = pod["status"]["podIP"].as_str().unwrap().to_owned();
    let url = format!("http://{address}:8080/");
    let greeting = until("an answer", PATIENCE, || cluster.greeting(&url)).await;
    assert_eq!(greeting.trim(), "greeter");
    gone(&cluster, path).await;
}

#[tokio::test]
async fn a_pod_that_eats_memory_dies_alone() {
    let cluster = Cluster::get();
    let [eater, neighbour] =
        ["eater", "neighbour"].map(|name| format!("/api/v1/namespaces/default/pods/{name}"));
    cluster
        .make_pod("default", "neighbour", json!({}), &[])
        .await;
    phase(&cluster, &neighbour, "Running").await;
    cluster
        .make_pod("default", "eater", json!({}), &["-eat", "512"])
        .await;
    let dead = phase(&cluster, &eater, "Failed").await;
    let ended = &dead["status"]["containerStatuses"][0]["state"]["terminated"];
    assert_eq!(ended["reason"], "OOMKilled", "{ended}");
    let alive = cluster.find(&neighbour).await.unwrap();
    assert_eq!(alive["status"]["phase"], "Running");
    assert_eq!(alive["status"]["containerStatuses"][0]["restartCount"], 0);
    gone(&cluster, &eater).await;
    gone(&cluster, &neighbour).await;
}

async fn phase(cluster: &Cluster, path: &str, phase: &str) -> Value {
    until(&format!("{path} to be {phase}"), PATIENCE, async || {
        let pod = cluster.find(path).await?;
        (pod["status"]["phase"] == phase).then_some(pod)
    })
    .await
}

async fn gone(cluster: &Cluster, path: &str) {
    cluster.remove(path).await;
    until(&format!("{path} to be gone"), PATIENCE, async || {
        cluster.find(path).await.is_none().then_some(())
    })
    .await;
}

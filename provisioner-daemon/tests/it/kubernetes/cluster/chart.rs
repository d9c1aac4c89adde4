//! The chart in a cluster: every value file is taken without a question, and its pods are let in.

use futures::future::join_all;
use kube::Client;
use serde_json::json;

use super::super::helm::{id, objects, overlays, render};
use super::space::{Space, administrator, until};

#[tokio::test]
async fn every_value_file_becomes_objects_and_pods() {
    let client = administrator().await;
    let cases = std::iter::once(None).chain(overlays().into_iter().map(Some));
    // together, since a namespace takes its time to be gone
    join_all(cases.map(|overlay| becomes_objects_and_pods(&client, overlay))).await;
}

async fn becomes_objects_and_pods(client: &Client, overlay: Option<String>) {
    let space = Space::new(client).await;
    for mut object in objects(&render(overlay.as_deref(), "")) {
        object["metadata"]["namespace"] = json!(space.name);
        if let Err(error) = space.apply(&object).await {
            panic!("{overlay:?}: {}: {error}", id(&object));
        }
    }
    let wanted: &[&str] = match overlay.as_deref() {
        Some("option-stopped") => &[],
        Some("option-agents-paused") => &["synapse"],
        _ => &["mindroom", "synapse"],
    };
    // Made by the controllers and admitted under quota, limits and the restricted standard.
    until("the pods are there", async || {
        let refusals = space.refusals().await;
        assert!(refusals.is_empty(), "{overlay:?}: {refusals:?}");
        (space.parts_with_pods().await == wanted).then_some(())
    })
    .await;
    space.end().await;
}

#[tokio::test]
async fn a_field_that_kubernetes_does_not_know_is_refused() {
    let client = administrator().await;
    let space = Space::new(&client).await;
    let service = objects(&render(None, ""))
        .into_iter()
        .find(|object| object["kind"] == "Service");
    let mut service = service.unwrap();
    service["metadata"]["namespace"] = json!(space.name);
    service["spec"]["nonesuch"] = json!(true);
    let refused = space.apply(&service).await.unwrap_err().to_string();
    assert!(refused.contains("nonesuch"), "{refused}");
    space.end().await;
}

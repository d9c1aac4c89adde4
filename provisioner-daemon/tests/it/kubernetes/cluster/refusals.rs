//! What the cluster or Helm refuses: told once, tried no more until something changes, and nothing is lost.

use std::path::Path;

use super::scene::Scene;
use super::way::{Instead, Trouble};

const REFUSED: &str = "The cluster refused a part of the instance. Please contact support.";
const CHART: &str = "The instance's parts could not be worked out. Please contact support.";

#[tokio::test]
async fn fault_28_what_is_forbidden_or_invalid_blocks_and_is_not_tried_again() {
    for code in [403, 422] {
        let mut scene = Scene::new().await;
        scene.way.trouble(Trouble {
            instead: Instead::Status(code, 0),
            of: |request| request.uri().path().contains("/ingresses/"),
            count: usize::MAX,
        });
        scene.look().await;
        scene.reads("error", REFUSED).await;
        scene.until("error").await;
        // Then nothing happens while it is counted.
        scene.stop().await;
        let tries = i64::try_from(usize::MAX - scene.way.left()).unwrap();
        let jobs: i64 = scene
            .world
            .ask("select count(*) from prov.job_history where outcome = 'blocked'")
            .await;
        // A job of its own when the watch saw the new parts only after the first had ended; none tries twice.
        assert!(
            tries == jobs && (1..=2).contains(&jobs),
            "{code}: {tries}, {jobs}"
        );
        scene.way.end_trouble();
        scene.start().await;
        scene.wish("desired_state = 'running'").await;
        scene.until("running").await;
        scene.end().await;
    }
}

#[tokio::test]
async fn fault_32_a_field_that_cannot_change_is_refused_and_nothing_is_replaced() {
    let mut scene = Scene::new().await;
    scene.run().await;
    let (objects, kept) = (scene.objects().await, scene.kept().await);
    scene.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let changed = chart_with(folder.path(), "synapse.yaml", |template| {
        template.replace("serviceName: synapse", "serviceName: another")
    });
    scene.with_chart(&changed);
    scene.start().await;
    scene.wish("desired_state = 'running'").await;
    scene.reads("error", REFUSED).await;
    assert_eq!((scene.objects().await, scene.kept().await), (objects, kept));
    scene.stop().await;
    scene.with_chart(&super::super::helm::chart());
    scene.start().await;
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    scene.end().await;
}

#[tokio::test]
async fn fault_35_a_chart_that_helm_refuses_changes_nothing() {
    let mut scene = Scene::new().await;
    scene.run().await;
    let (objects, before) = (scene.objects().await, scene.writes());
    scene.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let broken = chart_with(folder.path(), "synapse.yaml", |template| {
        format!("{{{{ fail \"no\" }}}}{template}")
    });
    scene.with_chart(&broken);
    scene.start().await;
    scene.wish("desired_state = 'running'").await;
    scene.reads("error", CHART).await;
    assert_eq!(scene.objects().await, objects);
    // the mark of the claim that tried
    assert!(scene.writes() <= before + 1);
    scene.stop().await;
    scene.with_chart(&super::super::helm::chart());
    scene.start().await;
    scene.wish("desired_state = 'running'").await;
    scene.until("running").await;
    scene.end().await;
}

/// The chart with one template changed.
fn chart_with(
    folder: &Path,
    template: &str,
    change: impl FnOnce(String) -> String,
) -> std::path::PathBuf {
    let chart = folder.join("instance");
    super::driver::copy(&super::super::helm::chart(), &chart);
    let path = chart.join("templates").join(template);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text);
    std::fs::write(path, changed).unwrap();
    chart
}

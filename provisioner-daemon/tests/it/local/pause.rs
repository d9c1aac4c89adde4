//! An instance whose plan is not paid: its agents rest, its homeserver goes on.

use super::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn agents_rest_and_come_back_while_the_homeserver_goes_on() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let synapse = stage.process(instance, "synapse").unwrap();
    assert!(stage.process(instance, "mindroom").is_some());

    stage.world.wish(instance, "ai_paused = true").await;
    stage.until(instance, "running").await;
    assert_eq!(stage.process(instance, "mindroom"), None);
    let told: bool = stage
        .world
        .ask("select notice like 'Its agents are paused%' and not internal_urls ? 'web' from instances")
        .await;
    assert!(told);

    stage.world.wish(instance, "ai_paused = false").await;
    stage.until(instance, "running").await;
    assert!(stage.process(instance, "mindroom").is_some());
    assert_eq!(
        stage.process(instance, "synapse"),
        Some(synapse),
        "it was left alone"
    );
    let told: bool = stage
        .world
        .ask("select notice is null from instances")
        .await;
    assert!(told);
    let was_degraded: bool = stage
        .world
        .ask("select exists (select from instance_events where name = 'degraded')")
        .await;
    assert!(!was_degraded, "nothing was wrong with it");
    daemon.end().await;
}

//! The daemon dies in the middle of its work.

use std::time::Duration;

use platform_tests::{Account, Platform, homeservers, until};
use serde_json::Value;

#[tokio::test]
async fn a_daemon_killed_in_the_middle_of_a_provision_makes_one_instance() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let instance = account.instance().await;
    let path = format!("/my/instances/{}", instance["instance_id"]);
    until(
        "the first step to be under way",
        Duration::from_secs(60),
        async || {
            let progress = account.get(&path).await.json()["progress"].clone();
            let begun = |step: &Value| step["state"] == "running" || step["state"] == "done";
            progress
                .as_array()
                .is_some_and(|steps| steps.iter().any(begun))
                .then_some(())
        },
    )
    .await;
    kill_the_daemon(&platform);

    account.awaits(&instance, "running").await;
    let mine = account.get("/my/instances").await.expect(200);
    assert_eq!(
        mine["instances"].as_array().map(Vec::len),
        Some(1),
        "{mine}"
    );
    assert_eq!(homeservers(&instance), 1, "one homeserver runs");

    let confirm = Some(serde_json::json!({"confirm": instance["subdomain"]}));
    account
        .call(reqwest::Method::DELETE, &path, confirm)
        .await
        .expect(202);
    account.awaits(&instance, "deprovisioned").await;
}

/// As `kill -9`: it cannot say goodbye. `up` starts another.
fn kill_the_daemon(platform: &Platform) {
    let file = platform.state.join("run/provisioner-daemon.json");
    let record: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let status = std::process::Command::new("kill")
        .args(["-9", &record["pid"].to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

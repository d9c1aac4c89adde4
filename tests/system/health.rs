//! A homeserver that lives and does not answer: seen from outside, shown to its owner, repaired.

use std::process::Command;
use std::time::Duration;

use platform_tests::{Account, Platform, homeserver_pids, until};
use reqwest::Method;
use serde_json::Value;

/// Several checks of at most 5 s, or a repair with a start of the homeserver.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test]
async fn a_frozen_homeserver_is_seen_from_outside_and_repaired() {
    let platform = Platform::get();
    let database = platform.database().await;
    let account = Account::sign_up(&platform).await;
    let instance = account.instance().await;
    let running = account.awaits(&instance, "running").await;
    let id = &running["instance_id"];
    let path = format!("/my/instances/{id}");
    // A minute is not waited for: the next check is due now.
    let check = async || {
        let due = format!("update instances set next_check_at = now() where instance_id = {id}");
        database.batch_execute(&due).await.unwrap();
        let call = platform
            .api(Method::POST, "/system/health-checks")
            .bearer_auth(&platform.system_keys.health);
        let counts = platform.send(call).await.expect(200);
        assert_eq!(
            counts["checked"].as_u64().unwrap(),
            counts["healthy"].as_u64().unwrap() + counts["unhealthy"].as_u64().unwrap()
        );
        account.get(&path).await.expect(200)
    };
    let until_seen = async |health: &str| {
        until(health, PATIENCE, async || {
            let now = check().await;
            (now["health"] == health).then_some(now)
        })
        .await
    };
    // the timer looks by itself, at the latest when its minute is over
    let due = format!("update instances set next_check_at = now() where instance_id = {id}");
    database.batch_execute(&due).await.unwrap();
    let looked = format!(
        "select count(*) from instance_health h join instances i on i.id = h.instance where i.instance_id = {id}"
    );
    until("a check by the timer", PATIENCE, async || {
        let row = database.query_one(&looked, &[]).await.unwrap();
        (row.get::<_, i64>(0) > 0).then_some(())
    })
    .await;
    let healthy = until_seen("healthy").await;
    let misses = |seen: &Value| -> u64 {
        let hours = seen["health_history"].as_array().unwrap();
        assert_eq!(hours.len(), 24);
        hours
            .iter()
            .map(|hour| hour["misses"].as_u64().unwrap())
            .sum()
    };
    let before = misses(&healthy);

    let frozen = homeserver_pids(&running);
    assert_eq!(frozen.len(), 1);
    signal("-STOP", frozen[0]);
    let unhealthy = until_seen("unhealthy").await;
    assert!(misses(&unhealthy) >= before + 3, "{unhealthy}");
    until("degraded", PATIENCE, async || {
        (account.get(&path).await.json()["status"] == "degraded").then_some(())
    })
    .await;

    // The first repair comes after a minute.
    let age = format!(
        "update instances set status_since = now() - interval '1 minute' where instance_id = {id}"
    );
    database.batch_execute(&age).await.unwrap();
    account.awaits(&instance, "running").await;
    let repaired = homeserver_pids(&running);
    assert!(repaired.len() == 1 && repaired != frozen, "{repaired:?}");
    let whole = until_seen("healthy").await;
    assert_eq!(whole["attention_since"], Value::Null);

    let events = account.get(&format!("{path}/events")).await.expect(200);
    let told: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "health")
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["healthy", "unhealthy", "repair", "healthy"]);
    account.delete(&running).await;
}

fn signal(signal: &str, pid: u32) {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

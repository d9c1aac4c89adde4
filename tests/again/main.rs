//! Ctrl-C stops everything; the next `up` finds everything as it was, as it does after an `up` that was killed. A
//! PostgreSQL that dies is started again by `up`. `cargo xtask test again` runs `before`, restarts the platform, runs
//! `after`, kills `up` and starts another, and runs `killed` and `outage`.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

use std::process::Command;
use std::time::Duration;

use platform_tests::{Account, Platform, homeservers, until};
use reqwest::Method;
use serde_json::{Value, json};

const EMAIL: &str = "returns@example.com";
const PASSWORD: &str = "correct horse battery";
/// PostgreSQL reads its log again before it takes anybody.
const RECOVERS_WITHIN: Duration = Duration::from_secs(120);

#[tokio::test]
#[ignore = "one of a row: run by `cargo xtask test again`"]
async fn before() {
    let platform = Platform::get();
    let account = Account::sign_up_as(&platform, EMAIL, PASSWORD).await;
    let instance = account.instance().await;
    account.awaits(&instance, "running").await;
}

#[tokio::test]
#[ignore = "one of a row: run by `cargo xtask test again`"]
async fn after() {
    let platform = Platform::get();
    let (account, instance) = the_customer(&platform).await;
    let running = account.awaits(&instance, "running").await;
    the_homeserver_answers(&platform, &running).await;
    the_owner_is_the_same(&platform, &running).await;
}

#[tokio::test]
#[ignore = "one of a row: run by `cargo xtask test again`"]
async fn killed() {
    let platform = Platform::get();
    let (account, instance) = the_customer(&platform).await;
    let running = account.awaits(&instance, "running").await;
    the_homeserver_answers(&platform, &running).await;
    assert_eq!(
        homeservers(&instance),
        1,
        "the new daemon takes over what runs"
    );
}

async fn the_homeserver_answers(platform: &Platform, instance: &Value) {
    let url = format!(
        "{}/_matrix/client/versions",
        instance["matrix_server_url"].as_str().unwrap()
    );
    platform
        .send(platform.request(Method::GET, &url))
        .await
        .expect(200);
}

async fn the_customer(platform: &Platform) -> (Account, Value) {
    let account = Account::sign_in(platform, EMAIL, PASSWORD).await;
    let mine = account.get("/my/instances").await.expect(200);
    let instance = mine["instances"][0].clone();
    (account, instance)
}

#[tokio::test]
#[ignore = "one of a row: run by `cargo xtask test again`"]
async fn outage() {
    let platform = Platform::get();
    let (account, instance) = the_customer(&platform).await;
    let killed = postgres(&platform).unwrap();
    kill(&killed);
    // those that served its sessions may still answer until they see that it is gone; only then another one begins
    until("another PostgreSQL", RECOVERS_WITHIN, async || {
        postgres(&platform).filter(|pid| *pid != killed)
    })
    .await;
    until("the API to answer again", RECOVERS_WITHIN, async || {
        (account.get("/my/instances").await.status == 200).then_some(())
    })
    .await;

    account.awaits(&instance, "running").await;
    let path = format!("/my/instances/{}", instance["instance_id"]);
    let confirm = Some(json!({"confirm": instance["subdomain"]}));
    account
        .call(Method::DELETE, &path, confirm)
        .await
        .expect(202);
    account.awaits(&instance, "deprovisioned").await;
}

/// The server's process, as its data directory says.
fn postgres(platform: &Platform) -> Option<String> {
    let file = platform.state.join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().next().map(str::to_owned)
}

/// So that it cannot say goodbye.
fn kill(pid: &str) {
    let killed = Command::new("kill").args(["-9", pid]).status().unwrap();
    assert!(killed.success());
}

async fn the_owner_is_the_same(platform: &Platform, instance: &Value) {
    let login = json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": instance["owner_matrix_id"]},
        "password": instance["owner_password"],
    });
    let url = format!(
        "{}/_matrix/client/v3/login",
        instance["matrix_server_url"].as_str().unwrap()
    );
    platform
        .send(platform.request(Method::POST, &url).json(&login))
        .await
        .expect(200);
}

//! Ctrl-C stops everything; the next `up` finds everything as it was. `cargo xtask test again` runs `before`, restarts
//! the platform, and runs `after`.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

use platform_tests::{Account, Platform};
use reqwest::Method;
use serde_json::{Value, json};

const EMAIL: &str = "returns@example.com";
const PASSWORD: &str = "correct horse battery";

#[tokio::test]
#[ignore = "half of a pair: run by `cargo xtask test again`"]
async fn before() {
    let platform = Platform::get();
    let account = Account::sign_up_as(&platform, EMAIL, PASSWORD).await;
    let instance = account.instance().await;
    account.awaits(&instance, "running").await;
}

#[tokio::test]
#[ignore = "half of a pair: run by `cargo xtask test again`"]
async fn after() {
    let platform = Platform::get();
    let account = Account::sign_in(&platform, EMAIL, PASSWORD).await;
    let mine = account.get("/my/instances").await.expect(200);
    let instance = mine["instances"][0].clone();
    let running = account.awaits(&instance, "running").await;
    let url = format!(
        "{}/_matrix/client/versions",
        running["matrix_server_url"].as_str().unwrap()
    );
    platform
        .send(platform.request(Method::GET, &url))
        .await
        .expect(200);
    the_owner_is_the_same(&platform, &running).await;
    let path = format!("/my/instances/{}", running["instance_id"]);
    let confirm = Some(json!({"confirm": running["subdomain"]}));
    account
        .call(Method::DELETE, &path, confirm)
        .await
        .expect(202);
    account.awaits(&running, "deprovisioned").await;
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

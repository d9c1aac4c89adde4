//! A customer's whole way: sign up, pay, get a real instance, use it, stop, start, restart and delete it.

use std::time::{Duration, Instant};

use platform_tests::{Account, Platform, until};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_customer_gets_uses_and_deletes_an_instance() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    account
        .post("/my/instances/provision")
        .await
        .expect_problem(402, "plan_has_no_instance");

    let paid = Instant::now();
    let asked = account.instance().await;
    let running = account.awaits(&asked, "running").await;
    report(&running, paid.elapsed());
    let server = platform
        .database()
        .await
        .query_one("show server_version", &[])
        .await
        .unwrap();
    println!("PostgreSQL {}", server.get::<_, String>(0));
    the_instance_is_real(&platform, &running).await;
    the_owner_signs_in(&platform, &account, &running).await;

    let path = format!("/my/instances/{}", running["instance_id"]);
    account.post(&format!("{path}/stop")).await.expect(202);
    account.awaits(&running, "stopped").await;
    let page = visit(&platform, &running["frontend_url"], "/").await;
    assert_eq!(
        page.status, 503,
        "a stopped instance answers its status page: {}",
        page.text
    );
    account
        .post(&format!("{path}/restart"))
        .await
        .expect_problem(409, "instance_stopped");

    account.post(&format!("{path}/start")).await.expect(202);
    account.awaits(&running, "running").await;
    the_instance_is_real(&platform, &running).await;

    let wrong = Some(json!({"confirm": "another"}));
    let refused = account.call(Method::DELETE, &path, wrong).await;
    refused.expect_problem(422, "confirmation_differs");
    let confirmed = Some(json!({"confirm": running["subdomain"]}));
    account
        .call(Method::DELETE, &path, confirmed)
        .await
        .expect(202);
    account.awaits(&running, "deprovisioned").await;
    nothing_is_left(&platform, &running).await;
}

/// Prints what CI shows, without a threshold: machines are noisy. The platform's own share is what is left when the
/// starts of Synapse and MindRoom are taken away.
fn report(running: &Value, payment_to_usable: Duration) {
    println!(
        "instance: MindRoom {}, Synapse {}",
        running["mindroom_version"], running["synapse_version"]
    );
    let mut starts = 0.0;
    for step in running["progress"].as_array().into_iter().flatten() {
        let seconds = seconds_between(&step["started_at"], &step["finished_at"]);
        println!(
            "  {}: {seconds:.1} s",
            step["title"].as_str().unwrap_or_default()
        );
        if ["Start the Matrix homeserver", "Start MindRoom"]
            .iter()
            .any(|title| step["title"] == *title)
        {
            starts += seconds;
        }
    }
    let all = payment_to_usable.as_secs_f64();
    println!(
        "payment to usable instance: {all:.1} s, the platform's own share {:.1} s",
        all - starts
    );
}

fn seconds_between(start: &Value, end: &Value) -> f64 {
    let time = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<jiff::Timestamp>().ok())
    };
    match (time(start), time(end)) {
        (Some(start), Some(end)) => end.duration_since(start).as_secs_f64(),
        _ => 0.0,
    }
}

async fn visit(platform: &Platform, base: &Value, path: &str) -> platform_tests::Answer {
    let url = format!("{}{path}", base.as_str().unwrap());
    platform.send(platform.request(Method::GET, &url)).await
}

async fn the_instance_is_real(platform: &Platform, instance: &Value) {
    let versions = visit(
        platform,
        &instance["matrix_server_url"],
        "/_matrix/client/versions",
    )
    .await;
    assert!(
        versions.expect(200)["versions"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    );
    assert_eq!(instance["notice"], Value::Null, "MindRoom is left out");
    let dashboard = visit(platform, &instance["frontend_url"], "/").await;
    assert_eq!(dashboard.status, 200, "{}", dashboard.text);
    assert!(dashboard.text.contains("MindRoom"), "{}", dashboard.text);
    visit(platform, &instance["frontend_url"], "/api/health")
        .await
        .expect(200);
}

/// Any Matrix client can sign in with what the instance page shows, and the password is then no longer shown.
async fn the_owner_signs_in(platform: &Platform, account: &Account, instance: &Value) {
    let login = json!({
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": instance["owner_matrix_id"]},
        "password": instance["owner_password"],
    });
    let url = format!(
        "{}/_matrix/client/v3/login",
        instance["matrix_server_url"].as_str().unwrap()
    );
    let session = platform
        .send(platform.request(Method::POST, &url).json(&login))
        .await
        .expect(200);
    assert_eq!(session["user_id"], instance["owner_matrix_id"]);

    let path = format!("/my/instances/{}", instance["instance_id"]);
    until(
        "the used password to be forgotten",
        Duration::from_secs(30),
        async || {
            let now = account.get(&path).await.expect(200);
            now["owner_password"].is_null().then_some(())
        },
    )
    .await;
    let events = account
        .get(&format!("{path}/events"))
        .await
        .expect(200)
        .to_string();
    assert!(events.contains("owner_signed_in"), "{events}");
}

async fn nothing_is_left(platform: &Platform, instance: &Value) {
    let id = instance["id"].as_str().unwrap();
    let folder = platform.state.join("provisioner/instances").join(id);
    assert!(!folder.exists(), "{} is left", folder.display());
    let database = platform.database().await;
    let word = id.split('-').next().unwrap();
    until(
        "its database and role to be gone",
        Duration::from_secs(10),
        async || {
            let like = format!("%{word}%");
            let left = database
                .query_one(
                    "select (select count(*) from pg_database where datname like $1)
                      + (select count(*) from pg_roles where rolname like $1)",
                    &[&like],
                )
                .await
                .unwrap();
            (left.get::<_, i64>(0) == 0).then_some(())
        },
    )
    .await;
    let page = visit(platform, &instance["frontend_url"], "/").await;
    assert!([404, 503].contains(&page.status), "{}", page.status);
}

//! Nothing of one account is seen or moved by another: by the API, and by the roles in the database.

use platform_tests::{Account, Platform};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn anothers_instance_does_not_exist() {
    let platform = Platform::get();
    let owner = Account::sign_up(&platform).await;
    let instance = owner.instance().await;
    let stranger = Account::sign_up(&platform).await;
    let path = format!("/my/instances/{}", instance["instance_id"]);
    let confirm = json!({"confirm": instance["subdomain"]});
    let attempts = [
        (Method::GET, path.clone(), None),
        (Method::DELETE, path.clone(), Some(confirm.clone())),
        (Method::POST, format!("{path}/start"), None),
        (Method::POST, format!("{path}/stop"), None),
        (Method::POST, format!("{path}/restart"), None),
        (Method::GET, format!("{path}/events"), None),
    ];
    for (method, path, body) in attempts {
        let answer = stranger.call(method.clone(), &path, body).await;
        answer.expect_problem(404, "instance_not_found");
    }
    assert_eq!(
        stranger.get("/my/instances").await.expect(200)["instances"],
        json!([])
    );

    rows_are_hidden(&platform, &owner, &stranger).await;
    owner
        .call(Method::DELETE, &path, Some(confirm))
        .await
        .expect(202);
    owner.awaits(&instance, "deprovisioned").await;
}

/// As each role that something from outside can act as, with the claims of the stranger.
async fn rows_are_hidden(platform: &Platform, owner: &Account, stranger: &Account) {
    let mut database = platform.database().await;
    let tables = [
        ("accounts", "id"),
        ("subscriptions", "account_id"),
        ("instances", "account_id"),
        ("instance_events", "account_id"),
        ("checkout_sessions", "account_id"),
        ("payments", "account_id"),
        ("audit_logs", "account_id"),
        ("webhook_events", "account_id"),
        ("instance_secrets", "instance"),
        ("instance_health", "instance"),
        ("service_keys", "id"),
    ];
    let claims = json!({"sub": stranger.id, "role": "authenticated"}).to_string();
    for role in ["anon", "authenticated", "mindroom_functions"] {
        for (table, key) in tables {
            if role == "mindroom_functions" && table == "service_keys" {
                continue; // no account's: the functions look keys up there
            }
            let transaction = database.transaction().await.unwrap();
            let own = stranger.id.to_string();
            transaction
                .execute(
                    "select set_config('request.jwt.claims', $1, true), set_config('app.account_id', $2, true)",
                    &[&claims, &own],
                )
                .await
                .unwrap();
            transaction
                .batch_execute(&format!("set local role {role}"))
                .await
                .unwrap();
            let others = format!("select count(*) from public.{table} where {key}::text <> $1");
            match transaction.query_one(&others, &[&own]).await {
                Ok(row) => {
                    assert_eq!(
                        row.get::<_, i64>(0),
                        0,
                        "{role} sees another account's {table}"
                    );
                }
                Err(error) => assert_eq!(
                    error.code().unwrap().code(),
                    "42501",
                    "{role} {table}: {error}"
                ),
            }
        }
    }
    // the same look as the owner's account sees something, so that the test above can fail
    let transaction = database.transaction().await.unwrap();
    transaction
        .execute(
            "select set_config('app.account_id', $1, true)",
            &[&owner.id.to_string()],
        )
        .await
        .unwrap();
    transaction
        .batch_execute("set local role mindroom_functions")
        .await
        .unwrap();
    let seen = transaction
        .query_one("select count(*) from public.instances", &[])
        .await
        .unwrap();
    assert_eq!(seen.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn only_admins_list_everything() {
    let platform = Platform::get();
    let somebody = Account::sign_up(&platform).await;
    for path in ["/admin/accounts", "/admin/instances"] {
        somebody.get(path).await.expect_problem(403, "admin_only");
        platform
            .send(platform.api(Method::GET, path))
            .await
            .expect_problem(401, "unauthenticated");
    }
    let admin = Account::admin(&platform).await;
    assert_eq!(
        admin.get("/my/account/admin-status").await.expect(200)["is_admin"],
        true
    );
    let found = admin
        .get(&format!("/admin/accounts?q={}", somebody.email))
        .await
        .expect(200);
    assert_eq!(
        (&found["total"], &found["data"][0]["email"]),
        (&json!(1), &json!(somebody.email))
    );
    admin
        .get("/admin/instances?_sort=status&_order=ASC")
        .await
        .expect(200);
    admin
        .get("/admin/accounts?_sort=is_admin;drop")
        .await
        .expect_problem(422, "unknown_sort");
    admin
        .get("/admin/accounts?_start=5&_end=2")
        .await
        .expect_problem(422, "invalid_field");
}

#[tokio::test]
async fn keys_of_machines_are_checked() {
    let platform = Platform::get();
    let check = |key: String| {
        platform.send(
            platform
                .api(Method::POST, "/system/health-checks")
                .bearer_auth(key),
        )
    };
    check("not-a-key-of-anybody".to_owned())
        .await
        .expect_problem(401, "unauthenticated");
    check(platform.system_keys.metrics.clone())
        .await
        .expect_problem(403, "scope_missing");
    let counts = check(platform.system_keys.health.clone()).await.expect(200);
    assert!(counts["checked"].is_u64(), "{counts}");
}

//! Accounts that are put out and come back: their instance really stops, and really runs again.

use std::time::Duration;

use platform_tests::{Account, Platform, homeservers, until};
use reqwest::Method;
use serde_json::{Value, json};

/// What an admin sees of an instance, once it is so.
async fn seen(admin: &Account, instance: &Value, status: &str) {
    let path = format!("/admin/instances/{}", instance["instance_id"]);
    until(status, Duration::from_mins(3), async || {
        let now = admin.get(&path).await.expect(200);
        (now["status"] == status && now["job"].is_null()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_is_put_out_comes_back_to_what_ran() {
    let platform = Platform::get();
    let admin = Account::admin(&platform).await;
    let account = Account::sign_up(&platform).await;
    let instance = account.instance().await;
    account.awaits(&instance, "running").await;

    let change = async |status: &str| {
        let body = json!({"status": status, "reason": "A test."});
        let path = format!("/admin/accounts/{}/status", account.id);
        admin.call(Method::PUT, &path, Some(body)).await.expect(200)
    };
    assert_eq!(change("suspended").await["instances"], 1);
    account
        .get("/my/account")
        .await
        .expect_problem(403, "account_suspended");
    seen(&admin, &instance, "stopped").await;
    assert_eq!(homeservers(&instance), 0);
    assert_eq!(change("active").await["instances"], 1);
    account.awaits(&instance, "running").await;
    assert_eq!(homeservers(&instance), 1);

    let leave = json!({"confirmation": true});
    let left = account
        .call(Method::POST, "/my/gdpr/request-deletion", Some(leave))
        .await
        .expect(200);
    assert_eq!(left["grace_period_days"], 7, "{left}");
    account
        .get("/my/account")
        .await
        .expect_problem(403, "account_deleted");
    seen(&admin, &instance, "stopped").await;
    let export = account.get("/my/gdpr/export-data").await.expect(200);
    assert_eq!(export["instances"][0]["id"], instance["id"]);
    let back = account.post("/my/gdpr/cancel-deletion").await.expect(200);
    assert_eq!(back["status"], "success", "{back}");
    account.awaits(&instance, "running").await;
    // what was to end with the deletion goes on
    until("no end", Duration::from_mins(1), async || {
        let subscription = account.get("/my/subscription").await.expect(200);
        (subscription["cancel_at_period_end"] == false).then_some(())
    })
    .await;
    account.delete(&instance).await;
}

/// The days are over: the platform's own daemon does the rest.
#[tokio::test]
async fn who_goes_for_good_leaves_nothing_that_runs() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    account.pay("hobby").await;
    account.subscribed("hobby").await;
    let leave = json!({"confirmation": true});
    account
        .call(Method::POST, "/my/gdpr/request-deletion", Some(leave))
        .await
        .expect(200);
    let database = platform.database().await;
    for hurry in [
        "update account_deletions set due_at = now() where account_id = $1",
        "update prov.jobs set run_at = now() where tenant = $1 and kind = 'delete-account'",
    ] {
        assert_eq!(database.execute(hurry, &[&account.id]).await.unwrap(), 1);
    }
    until("the end", Duration::from_mins(2), async || {
        let left = "select (select count(*) from accounts where id = $1) + (select count(*) from auth.users where id = $1)";
        let left: i64 = database.query_one(left, &[&account.id]).await.unwrap().get(0);
        (left == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_is_deleted_by_an_admin_leaves_nothing_that_runs() {
    let platform = Platform::get();
    let admin = Account::admin(&platform).await;
    let account = Account::sign_up(&platform).await;
    let instance = account.instance().await;
    account.awaits(&instance, "running").await;
    let path = format!("/admin/accounts/{}/complete", account.id);
    let with = |confirm: &str| json!({"confirm": confirm, "reason": "A test."});
    admin
        .call(Method::DELETE, &path, Some(with("somebody@else.example")))
        .await
        .expect_problem(422, "address_differs");
    let answer = admin
        .call(Method::DELETE, &path, Some(with(&account.email)))
        .await
        .expect(202);
    let job = format!("/admin/jobs/{}", answer["job"]["id"]);
    account
        .call(Method::POST, "/my/gdpr/cancel-deletion", None)
        .await
        .expect_problem(409, "deletion_begun");
    until("the end", Duration::from_mins(3), async || {
        let now = admin.get(&job).await.expect(200);
        (now["state"] == "done").then_some(())
    })
    .await;
    assert_eq!(homeservers(&instance), 0);
    let page = format!("/admin/accounts/{}", account.id);
    admin
        .get(&page)
        .await
        .expect_problem(404, "account_not_found");
    // its token is still good, and it is nobody's
    account
        .get("/my/account")
        .await
        .expect_problem(401, "unauthenticated");
}

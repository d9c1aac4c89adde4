//! What every route does with what a client can send.

use platform_tests::{Account, Platform};
use reqwest::{Body, Method};
use serde_json::json;

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_though_no_header_says_its_size() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let chunks = (0..1024).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let last = std::iter::once(Ok(vec![b' ']));
    let body = Body::wrap_stream(futures::stream::iter(chunks.chain(last)));
    let request = platform
        .api(Method::POST, "/stripe/checkout")
        .bearer_auth(&account.token)
        .header("content-type", "application/json")
        .body(body);
    platform
        .send(request)
        .await
        .expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn wrong_requests_are_refused_clearly() {
    let platform = Platform::get();
    // two, since wrong requests count too
    let (account, other) = (
        Account::sign_up(&platform).await,
        Account::sign_up(&platform).await,
    );
    let post_as = |account: &Account, path: &str, kind: &str, body: &str| {
        let request = platform
            .api(Method::POST, path)
            .bearer_auth(&account.token)
            .header("content-type", kind)
            .body(body.to_owned());
        platform.send(request)
    };
    let post = |path: &str, kind: &str, body: &str| post_as(&account, path, kind, body);
    let checkout = "/stripe/checkout";
    post(checkout, "application/json", "{")
        .await
        .expect_problem(400, "malformed");
    post(checkout, "text/plain", "{}")
        .await
        .expect_problem(415, "unsupported_media_type");
    let unknown = post(checkout, "application/json", r#"{"tier":"hobby","x":1}"#).await;
    unknown.expect_problem(422, "invalid_field");
    assert_eq!(unknown.json()["errors"][0]["field"], "x");
    post(checkout, "application/json", r#"{"tier":"gold"}"#)
        .await
        .expect_problem(422, "invalid_field");
    post(checkout, "application/json", r#"{"tier":"enterprise"}"#)
        .await
        .expect_problem(422, "plan_not_sold");
    for name in ["ab", "Acme", "-acme", "api", "xn--acme", "a.b"] {
        let body = json!({"subdomain": name}).to_string();
        let path = "/my/instances/provision";
        let answer = post_as(&other, path, "application/json", &body).await;
        answer.expect_problem(422, "invalid_field");
    }
    account
        .get("/my/instances/none")
        .await
        .expect_problem(404, "not_found");
    account
        .get("/my/instances/99999999")
        .await
        .expect_problem(404, "instance_not_found");
    account
        .get("/my/instances/1/events?wait=26")
        .await
        .expect_problem(422, "invalid_field");
    let wrong_method = account.call(Method::PUT, "/my/instances", None).await;
    wrong_method.expect_problem(405, "method_not_allowed");
    assert_eq!(wrong_method.headers["allow"], "GET");
}

#[tokio::test]
async fn the_portal_alone_may_call_from_a_browser() {
    let platform = Platform::get();
    let ask = |origin: String| {
        platform.send(
            platform
                .api(Method::GET, "/my/account")
                .header("origin", origin),
        )
    };
    let ours = ask(platform.app.clone()).await;
    assert_eq!(ours.status, 401);
    assert_eq!(
        ours.headers["access-control-allow-origin"],
        platform.app.as_str()
    );
    let theirs = ask("http://evil.example".to_owned()).await;
    assert!(!theirs.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn many_setups_at_once_make_one_free_subscription() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let setups = (0..8).map(|_| account.post("/my/account/setup"));
    for answer in futures::future::join_all(setups).await {
        answer.expect(200);
    }
    let mine = account.get("/my/account").await.expect(200);
    assert_eq!(
        mine["subscriptions"].as_array().map(Vec::len),
        Some(1),
        "{mine}"
    );
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    // 10 a minute of those that start work; a minute may turn in between, hence a few more than twice that
    for _ in 0..23 {
        let answer = account.post("/my/instances/provision").await;
        if answer.status == 429 {
            answer.expect_problem(429, "rate_limited");
            let seconds: u32 = answer.headers["retry-after"]
                .to_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!(seconds <= 60);
            return;
        }
        answer.expect_problem(402, "plan_has_no_instance");
    }
    panic!("the limit never held");
}

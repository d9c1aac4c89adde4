//! How often one client may ask.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, PASSWORD, SECRET, Service, sign_up, try_sign_in};

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_so_and_others_are_not() {
    let flags = ["--rate-limits", "token=4,verify=1,mail=1"];
    let service = Service::start_with(&flags).await;
    sign_up(&service, "ada@example.org").await;
    for _ in 0..3 {
        try_sign_in(&service, "ada@example.org", "wrong horse")
            .await
            .expect_error(400, "invalid_credentials");
    }
    let refused = try_sign_in(&service, "ada@example.org", PASSWORD).await;
    refused.expect_error(429, "over_request_rate_limit");

    // As the gateway and, with the secret key, as a server says.
    let from = async |header: &str, address: &str, key: &str| {
        let request = service
            .bare(Method::POST, "/auth/v1/token?grant_type=password")
            .header("apikey", key)
            .header("x-supabase-api-version", "2024-01-01")
            .header(header, address)
            .json(&json!({ "email": "ada@example.org", "password": PASSWORD }));
        Answer::of(request).await.status.as_u16()
    };
    assert_eq!(
        from("x-forwarded-for", "192.0.2.9, 192.0.2.1", SECRET).await,
        200
    );
    assert_eq!(from("sb-forwarded-for", "192.0.2.2", SECRET).await, 200);
    let publishable = crate::support::PUBLISHABLE;
    assert_eq!(
        from("sb-forwarded-for", "192.0.2.3", publishable).await,
        429,
        "a visitor cannot say who they are"
    );
    assert_eq!(from("x-forwarded-for", "nonsense", publishable).await, 429);

    // Groups are counted each by itself.
    let recover = json!({ "email": "eve@example.org" });
    service
        .post("/auth/v1/recover", recover.clone())
        .await
        .expect_ok();
    let refused = service.post("/auth/v1/otp", recover).await;
    refused.expect_error(429, "over_request_rate_limit");
    let verify = json!({ "type": "signup", "token_hash": "x" });
    service
        .post("/auth/v1/verify", verify)
        .await
        .expect_error(403, "otp_expired");
    let link = service.bare(Method::GET, "/auth/v1/verify?type=signup&token=x");
    // By the other way to the same thing; without a version, in the older shape.
    let refused = Answer::of(link).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert_eq!(refused.body["error_code"], "over_request_rate_limit");
}

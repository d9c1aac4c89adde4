//! Sign-in by password, both shapes of errors, and the time that unknown addresses take.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, PASSWORD, PUBLISHABLE, Service, sign_in, sign_up, try_sign_in};

#[tokio::test]
async fn wrong_password_and_unknown_address_get_one_answer() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let known = try_sign_in(&service, "ada@example.org", "wrong horse").await;
    let unknown = try_sign_in(&service, "eve@example.org", PASSWORD).await;
    let no_address = try_sign_in(&service, "'; drop table auth.users; --", PASSWORD).await;
    for answer in [&known, &unknown, &no_address] {
        answer.expect_error(400, "invalid_credentials");
        assert_eq!(answer.body, known.body);
    }
    sign_in(&service, "Ada@Example.ORG").await;
}

/// Measured as work done, not as time passed: that depends on what else the machine does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_unknown_address_takes_as_much_work_as_a_wrong_password() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let work = async |email: &str| {
        let before = processor_ticks(service.process.id());
        for _ in 0..10 {
            try_sign_in(&service, email, "wrong horse")
                .await
                .expect_error(400, "invalid_credentials");
        }
        processor_ticks(service.process.id()) - before
    };
    let known = work("ada@example.org").await;
    let unknown = work("eve@example.org").await;
    assert!(known > 5, "ten hashes must be measurable: {known}");
    assert!(unknown * 2 > known, "unknown {unknown}, known {known}");
}

/// The processor time that a process has used so far, in ticks of the kernel's clock (a hundredth of
/// a second), its ended threads included.
#[cfg(target_os = "linux")]
fn processor_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    // The name may hold spaces and ends with the last parenthesis; `utime` and `stime` come 12th and 13th.
    let (_, fields) = stat.rsplit_once(") ").expect("fields");
    let fields: Vec<&str> = fields.split(' ').collect();
    fields[11..=12]
        .iter()
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum()
}

#[tokio::test]
async fn errors_have_the_shape_of_the_clients_version() {
    let service = Service::start().await;
    let body = json!({ "email": "eve@example.org", "password": PASSWORD });
    let send = async |version: Option<&str>| {
        let mut request = service
            .bare(Method::POST, "/auth/v1/token?grant_type=password")
            .header("apikey", PUBLISHABLE)
            .json(&body);
        if let Some(version) = version {
            request = request.header("x-supabase-api-version", version);
        }
        Answer::of(request).await
    };
    for newer in ["2024-01-01", "2025-06-30"] {
        let answer = send(Some(newer)).await;
        answer.expect_error(400, "invalid_credentials");
        assert_eq!(answer.body["message"], "Invalid login credentials");
    }
    for older in [None, Some("2023-12-31"), Some("latest"), Some("9999")] {
        let answer = send(older).await;
        assert_eq!(
            answer.body,
            json!({
                "code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials",
            })
        );
        assert_eq!(answer.header("x-supabase-api-version"), None);
        assert_eq!(
            answer.header("x-sb-error-code"),
            Some("invalid_credentials")
        );
    }
}

#[tokio::test]
async fn refuses_what_is_no_sign_in() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    for grant in ["", "?grant_type=", "?grant_type=client_credentials"] {
        let answer = service
            .post(&format!("/auth/v1/token{grant}"), body.clone())
            .await;
        answer.expect_error(400, "invalid_credentials");
        assert_eq!(answer.body["message"], "unsupported_grant_type");
    }
    let missing = service
        .post("/auth/v1/token?grant_type=password", json!({}))
        .await;
    missing.expect_error(400, "validation_failed");
    for password in ["", &"x".repeat(73), &"x".repeat(500_000)] {
        try_sign_in(&service, "ada@example.org", password)
            .await
            .expect_error(400, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_banned_user_stays_out() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    service
        .database
        .execute("update auth.users set banned_until = now() + interval '1 hour'")
        .await;
    try_sign_in(&service, "ada@example.org", PASSWORD)
        .await
        .expect_error(400, "user_banned");
    let token = session["access_token"].as_str().expect("token");
    service
        .call(Method::GET, "/auth/v1/user", token, None)
        .await
        .expect_error(403, "user_banned");
    let refresh_token = session["refresh_token"].as_str().expect("token");
    crate::support::refresh(&service, refresh_token)
        .await
        .expect_error(400, "user_banned");
    service
        .database
        .execute("update auth.users set banned_until = now() - interval '1 hour'")
        .await;
    sign_in(&service, "ada@example.org").await;
}

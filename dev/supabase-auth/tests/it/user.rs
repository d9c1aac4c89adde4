//! The caller's own record, and sign-out.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    Answer, PASSWORD, Service, get_user, put_user, refresh, sign_in, sign_up, text, try_sign_in,
};

async fn sign_out(service: &Service, session: &Value, scope: &str) -> Answer {
    let path = format!("/auth/v1/logout{scope}");
    service
        .call(Method::POST, &path, text(session, "/access_token"), None)
        .await
}

#[tokio::test]
async fn metadata_is_merged_and_null_takes_away() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    put_user(
        &service,
        &session,
        json!({ "data": { "a": 1, "b": { "c": null } } }),
    )
    .await
    .expect_ok();
    let user = put_user(
        &service,
        &session,
        json!({ "data": { "a": null, "d": "x" } }),
    )
    .await
    .expect_ok();
    let metadata = &user["user_metadata"];
    assert!(metadata.get("a").is_none());
    assert_eq!(
        metadata["b"],
        json!({ "c": null }),
        "only the first level is looked at"
    );
    assert_eq!(metadata["d"], "x");
    assert_eq!(metadata["email"], "ada@example.org");
    assert_eq!(
        get_user(&service, &session).await.expect_ok()["user_metadata"],
        *metadata
    );
}

#[tokio::test]
async fn a_user_does_not_make_themselves_more() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    put_user(
        &service,
        &session,
        json!({ "app_metadata": { "admin": true } }),
    )
    .await
    .expect_error(403, "not_admin");
    let body = json!({ "role": "service_role", "id": "x", "data": { "role": "service_role" } });
    let user = put_user(&service, &session, body).await.expect_ok();
    assert_eq!(user["role"], "authenticated");
    let fresh = refresh(&service, text(&session, "/refresh_token"))
        .await
        .expect_ok();
    let claims = crate::tokens::claims(text(&fresh, "/access_token"));
    assert_eq!(claims["role"], "authenticated");
    assert_eq!(
        claims["app_metadata"],
        json!({ "provider": "email", "providers": ["email"] })
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let service = Service::start().await;
    let here = sign_up(&service, "ada@example.org").await;
    let there = sign_in(&service, "ada@example.org").await;
    put_user(&service, &here, json!({ "password": "short" }))
        .await
        .expect_error(422, "weak_password");
    put_user(&service, &here, json!({ "password": PASSWORD }))
        .await
        .expect_error(422, "same_password");
    get_user(&service, &there).await.expect_ok();

    put_user(&service, &here, json!({ "password": "battery staple" }))
        .await
        .expect_ok();
    get_user(&service, &here).await.expect_ok();
    get_user(&service, &there)
        .await
        .expect_error(403, "session_not_found");
    let lost = refresh(&service, text(&there, "/refresh_token")).await;
    lost.expect_error(400, "refresh_token_not_found");
    try_sign_in(&service, "ada@example.org", PASSWORD)
        .await
        .expect_error(400, "invalid_credentials");
    try_sign_in(&service, "ada@example.org", "battery staple")
        .await
        .expect_ok();
}

#[tokio::test]
async fn a_new_address_counts_at_once_or_after_its_mail() {
    for confirm_email in [false, true] {
        let flags: &[&str] = if confirm_email {
            &["--confirm-email"]
        } else {
            &[]
        };
        let service = Service::start_with(flags).await;
        for email in ["ada@example.org", "taken@example.org"] {
            let body = json!({ "email": email, "password": PASSWORD, "email_confirm": true });
            service
                .admin(Method::POST, "/auth/v1/admin/users", Some(body))
                .await
                .expect_ok();
        }
        let session = sign_in(&service, "ada@example.org").await;
        let taken = put_user(&service, &session, json!({ "email": "Taken@example.org" })).await;
        taken.expect_error(422, "email_exists");

        let changed = put_user(&service, &session, json!({ "email": "New@example.org" }))
            .await
            .expect_ok();
        if confirm_email {
            assert_eq!(changed["email"], "ada@example.org");
            assert_eq!(changed["new_email"], "new@example.org");
            let hash = service.mails("new@example.org").await[0]["token_hash"].clone();
            let verify = json!({ "type": "email_change", "token_hash": hash });
            service.post("/auth/v1/verify", verify).await.expect_ok();
        }
        let user = get_user(&service, &session).await.expect_ok();
        assert_eq!(user["email"], "new@example.org");
        assert_eq!(user["identities"][0]["email"], "new@example.org");
        assert_eq!(user["user_metadata"]["email"], "new@example.org");
        assert!(user.get("new_email").is_none());
        sign_in(&service, "new@example.org").await;
    }
}

#[tokio::test]
async fn sign_out_ends_the_sessions_of_its_scope() {
    let service = Service::start().await;
    // (scope, is the own session left, is the other one left)
    for (n, (scope, own, other)) in [
        ("", false, false),
        ("?scope=global", false, false),
        ("?scope=local", false, true),
        ("?scope=others", true, false),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ada{n}@example.org");
        let here = sign_up(&service, &email).await;
        let there = sign_in(&service, &email).await;
        let answer = sign_out(&service, &here, scope).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{scope}");
        assert_eq!(answer.body, "", "{scope}");
        for (session, left) in [(&here, own), (&there, other)] {
            let seen = get_user(&service, session).await;
            let refreshed = refresh(&service, text(session, "/refresh_token")).await;
            if left {
                seen.expect_ok();
                refreshed.expect_ok();
            } else {
                seen.expect_error(403, "session_not_found");
                refreshed.expect_error(400, "refresh_token_not_found");
            }
        }
    }
    let session = sign_up(&service, "eve@example.org").await;
    sign_out(&service, &session, "?scope=all")
        .await
        .expect_error(400, "validation_failed");
}

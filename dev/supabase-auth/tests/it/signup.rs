//! Sign-up: the session's shape, what is refused, and confirmation of the address.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Answer, PASSWORD, SITE, Service, sign_in, sign_up, text, try_sign_in};

#[tokio::test]
async fn gives_a_session_and_a_user_of_the_known_shape() {
    let service = Service::start().await;
    let body = json!({
        "email": "Ada@Example.org", "password": PASSWORD, "data": { "name": "Ada" },
        "gotrue_meta_security": {}, "code_challenge": null, "code_challenge_method": null,
    });
    let session = service.post("/auth/v1/signup", body).await.expect_ok();
    assert_eq!(session["token_type"], "bearer");
    assert_eq!(session["expires_in"], 3600);
    assert!(session["expires_at"].as_i64().is_some());
    assert_eq!(text(&session, "/refresh_token").len(), 12);
    assert_eq!(text(&session, "/access_token").split('.').count(), 3);

    let user = &session["user"];
    let id = text(user, "/id");
    assert_eq!(user["aud"], "authenticated");
    assert_eq!(user["role"], "authenticated");
    assert_eq!(user["email"], "ada@example.org");
    assert_eq!(user["phone"], "");
    assert_eq!(user["is_anonymous"], false);
    assert_eq!(
        user["app_metadata"],
        json!({ "provider": "email", "providers": ["email"] })
    );
    assert_eq!(
        user["user_metadata"],
        json!({
            "name": "Ada", "sub": id, "email": "ada@example.org",
            "email_verified": true, "phone_verified": false,
        })
    );
    assert_eq!(user["identities"][0]["id"], id);
    assert_eq!(user["identities"][0]["user_id"], id);
    assert_eq!(user["identities"][0]["provider"], "email");
    assert_eq!(user["identities"][0]["identity_data"]["sub"], id);
    for time in [
        "email_confirmed_at",
        "confirmed_at",
        "last_sign_in_at",
        "created_at",
    ] {
        assert!(text(user, &format!("/{time}")).ends_with('Z'), "{time}");
    }
    for absent in [
        "new_email",
        "banned_until",
        "recovery_sent_at",
        "encrypted_password",
    ] {
        assert!(user.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn refuses_an_address_that_is_taken_in_any_case() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let again = json!({ "email": "ADA@example.org", "password": "another one" });
    service
        .post("/auth/v1/signup", again)
        .await
        .expect_error(422, "user_already_exists");
    sign_in(&service, "ada@example.org").await;
}

#[tokio::test]
async fn refuses_bad_input() {
    let service = Service::start().await;
    let cases = [
        (
            json!({ "email": "ada@example.org", "password": "12345" }),
            422,
            "weak_password",
        ),
        (
            json!({ "email": "ada@example.org", "password": "x".repeat(73) }),
            400,
            "validation_failed",
        ),
        (
            json!({ "email": "ada@example.org", "password": "" }),
            400,
            "validation_failed",
        ),
        (
            json!({ "email": "ada@example.org" }),
            400,
            "validation_failed",
        ),
        (
            json!({ "email": "no address", "password": PASSWORD }),
            400,
            "validation_failed",
        ),
        (
            json!({ "email": "a\u{0}@x.org", "password": PASSWORD }),
            400,
            "validation_failed",
        ),
        (
            json!({ "phone": "+4912345", "password": PASSWORD }),
            400,
            "phone_provider_disabled",
        ),
        (json!({ "data": {} }), 422, "anonymous_provider_disabled"),
        (json!({ "email": 5, "password": PASSWORD }), 400, "bad_json"),
        (
            json!({ "email": "ada@example.org", "password": PASSWORD, "data": [] }),
            400,
            "bad_json",
        ),
        (json!([]), 400, "bad_json"),
        (
            json!({ "email": "ada@example.org", "password": PASSWORD, "data": { "x": "\u{0}" } }),
            400,
            "validation_failed",
        ),
    ];
    for (body, status, code) in cases {
        service
            .post("/auth/v1/signup", body.clone())
            .await
            .expect_error(status, code);
    }
    let weak = json!({ "email": "ada@example.org", "password": "12345" });
    let weak = service.post("/auth/v1/signup", weak).await;
    assert_eq!(weak.body["weak_password"], json!({ "reasons": ["length"] }));
    // None of them made a user.
    try_sign_in(&service, "ada@example.org", PASSWORD)
        .await
        .expect_error(400, "invalid_credentials");
}

#[tokio::test]
async fn parallel_signups_with_one_address_make_one_user() {
    let service = Service::start().await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    let (a, b, c) = tokio::join!(
        service.post("/auth/v1/signup", body.clone()),
        service.post("/auth/v1/signup", body.clone()),
        service.post("/auth/v1/signup", body.clone()),
    );
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort();
    assert_eq!(
        statuses,
        [
            StatusCode::OK,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::UNPROCESSABLE_ENTITY
        ]
    );
}

#[tokio::test]
async fn with_confirmation_a_bare_user_signs_in_only_after_the_link() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    let path = format!("/auth/v1/signup?redirect_to={SITE}/welcome");
    let user = service.post(&path, body).await.expect_ok();
    assert!(user.get("access_token").is_none());
    assert_eq!(user["email"], "ada@example.org");
    assert!(user.get("email_confirmed_at").is_none());
    assert_eq!(user["user_metadata"]["email_verified"], false);
    assert_eq!(user["identities"].as_array().map(Vec::len), Some(1));
    let early = try_sign_in(&service, "ada@example.org", PASSWORD).await;
    early.expect_error(400, "email_not_confirmed");

    let mails = service.mails("ada@example.org").await;
    let link = text(&mails[0], "/link").replace(crate::support::service::PUBLIC, "");
    let answer = service
        .bare(Method::GET, &link)
        .send()
        .await
        .expect("answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let target = answer.headers()["location"].to_str().expect("text");
    assert!(
        target.starts_with(&format!("{SITE}/welcome#access_token=")),
        "{target}"
    );
    assert!(
        target.ends_with("&token_type=bearer&type=signup"),
        "{target}"
    );

    let session = sign_in(&service, "ada@example.org").await;
    assert_eq!(session["user"]["user_metadata"]["email_verified"], true);

    let burnt = service
        .bare(Method::GET, &link)
        .send()
        .await
        .expect("answer");
    let target = burnt.headers()["location"].to_str().expect("text");
    assert!(
        target.contains("#error=access_denied&error_code=otp_expired"),
        "{target}"
    );
}

#[tokio::test]
async fn with_confirmation_a_taken_address_does_not_show() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "data": { "n": 1 } });
    let user = service
        .post("/auth/v1/signup", body.clone())
        .await
        .expect_ok();
    let code = text(&service.mails("ada@example.org").await[0], "/code").to_owned();
    let verify = json!({ "type": "email", "email": "ada@example.org", "token": code });
    service.post("/auth/v1/verify", verify).await.expect_ok();

    let again = json!({ "email": "ada@example.org", "password": "guess work", "data": { "n": 2 } });
    let shown = service.post("/auth/v1/signup", again).await.expect_ok();
    assert_ne!(shown["id"], user["id"]);
    assert_eq!(shown["identities"], json!([]));
    assert_eq!(shown["role"], "");
    assert_eq!(shown["user_metadata"], json!({ "n": 2 }));
    assert!(shown.get("email_confirmed_at").is_none());
    assert_eq!(
        service.mails("ada@example.org").await.len(),
        1,
        "the owner hears nothing"
    );
    sign_in(&service, "ada@example.org").await;
}

#[tokio::test]
async fn nobody_signs_up_where_that_is_switched_off() {
    let service = Service::start_with(&["--disable-signup"]).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    service
        .post("/auth/v1/signup", body.clone())
        .await
        .expect_error(422, "signup_disabled");
    service
        .post("/auth/v1/otp", json!({ "email": "ada@example.org" }))
        .await
        .expect_error(422, "signup_disabled");
    assert!(service.mails("ada@example.org").await.is_empty());
    let settings = Answer::of(service.request(Method::GET, "/auth/v1/settings")).await;
    assert_eq!(settings.expect_ok()["disable_signup"], true);
    let made = json!({ "email": "ada@example.org", "password": PASSWORD, "email_confirm": true });
    service
        .admin(Method::POST, "/auth/v1/admin/users", Some(made))
        .await
        .expect_ok();
    sign_in(&service, "ada@example.org").await;
}

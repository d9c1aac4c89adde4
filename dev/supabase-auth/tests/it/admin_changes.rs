//! What an operator changes about a user.

use argon2::{Argon2, PasswordHasher as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, PASSWORD, Service, get_user, recover, refresh, sign_in, sign_up, text, try_sign_in,
};

async fn update(service: &Service, id: &str, body: Value) -> Answer {
    let path = format!("/auth/v1/admin/users/{id}");
    service.admin(Method::PUT, &path, Some(body)).await
}

fn id(session: &Value) -> &str {
    text(session, "/user/id")
}

#[tokio::test]
async fn metadata_address_and_role() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    sign_up(&service, "taken@example.org").await;
    let body = json!({
        "email": "New@example.org", "role": "service_role",
        "user_metadata": { "name": "Ada", "gone": null }, "app_metadata": { "admin": true },
    });
    let user = update(&service, id(&session), body).await.expect_ok();
    assert_eq!(user["email"], "new@example.org");
    assert_eq!(user["identities"][0]["email"], "new@example.org");
    assert_eq!(user["role"], "service_role");
    assert_eq!(user["user_metadata"]["name"], "Ada");
    assert!(user["user_metadata"].get("gone").is_none());
    assert_eq!(user["app_metadata"]["admin"], true);
    assert_eq!(user["app_metadata"]["provider"], "email");
    assert!(user["email_confirmed_at"].is_string(), "stays confirmed");

    let fresh = refresh(&service, text(&session, "/refresh_token"))
        .await
        .expect_ok();
    let claims = crate::tokens::claims(text(&fresh, "/access_token"));
    assert_eq!(claims["app_metadata"]["admin"], true);
    assert_eq!(claims["email"], "new@example.org");
    let away = json!({ "app_metadata": { "admin": null } });
    let user = update(&service, id(&session), away).await.expect_ok();
    assert!(user["app_metadata"].get("admin").is_none());

    for (body, status, code) in [
        (json!({ "email": "Taken@example.org" }), 422, "email_exists"),
        (json!({ "email": "no address" }), 400, "validation_failed"),
        (json!({ "password": "short" }), 422, "weak_password"),
        (json!({ "role": "x".repeat(65) }), 400, "validation_failed"),
        (
            json!({ "ban_duration": "for ever" }),
            400,
            "validation_failed",
        ),
        (json!({ "user_metadata": [] }), 400, "bad_json"),
        (json!({ "unheard_of": 1 }), 400, "bad_json"),
    ] {
        update(&service, id(&session), body)
            .await
            .expect_error(status, code);
    }
    let unknown = "6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1";
    update(&service, unknown, json!({}))
        .await
        .expect_error(404, "user_not_found");
    update(&service, "7", json!({}))
        .await
        .expect_error(404, "validation_failed");
}

#[tokio::test]
async fn a_confirmation() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    let user = service.post("/auth/v1/signup", body).await.expect_ok();
    let moved = json!({ "email": "new@example.org" });
    let moved = update(&service, text(&user, "/id"), moved)
        .await
        .expect_ok();
    assert!(moved.get("email_confirmed_at").is_none(), "{moved}");
    assert_eq!(moved["user_metadata"]["email_verified"], false);
    let confirm = json!({ "email_confirm": true });
    let confirmed = update(&service, text(&user, "/id"), confirm)
        .await
        .expect_ok();
    assert!(confirmed["email_confirmed_at"].is_string());
    assert_eq!(
        confirmed["identities"][0]["identity_data"]["email_verified"],
        true
    );
    sign_in(&service, "new@example.org").await;
}

#[tokio::test]
async fn a_password_ends_every_session() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    update(
        &service,
        id(&session),
        json!({ "password": "battery staple" }),
    )
    .await
    .expect_ok();
    get_user(&service, &session)
        .await
        .expect_error(403, "session_not_found");
    try_sign_in(&service, "ada@example.org", PASSWORD)
        .await
        .expect_error(400, "invalid_credentials");
    try_sign_in(&service, "ada@example.org", "battery staple")
        .await
        .expect_ok();

    // Brought from elsewhere as a hash.
    let hash = Argon2::default()
        .hash_password(PASSWORD.as_bytes())
        .expect("hash");
    let body = json!({ "password_hash": hash.to_string() });
    update(&service, id(&session), body).await.expect_ok();
    sign_in(&service, "ada@example.org").await;
    let both = json!({ "password": PASSWORD, "password_hash": hash.to_string() });
    update(&service, id(&session), both)
        .await
        .expect_error(400, "validation_failed");
}

#[tokio::test]
async fn a_ban_and_its_end() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let banned = update(&service, id(&session), json!({ "ban_duration": "24h" })).await;
    assert!(banned.expect_ok()["banned_until"].is_string());
    try_sign_in(&service, "ada@example.org", PASSWORD)
        .await
        .expect_error(400, "user_banned");
    refresh(&service, text(&session, "/refresh_token"))
        .await
        .expect_error(400, "user_banned");
    recover(&service, "ada@example.org")
        .await
        .expect_error(403, "user_banned");

    let free = update(&service, id(&session), json!({ "ban_duration": "none" })).await;
    assert!(free.expect_ok().get("banned_until").is_none());
    sign_in(&service, "ada@example.org").await;
}

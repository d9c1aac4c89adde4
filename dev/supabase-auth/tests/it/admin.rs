//! The operator's routes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, PASSWORD, PUBLISHABLE, SECRET, Service, refresh, sign_in, sign_up, text, try_sign_in,
};

const USERS: &str = "/auth/v1/admin/users";

async fn create(service: &Service, body: Value) -> Answer {
    service.admin(Method::POST, USERS, Some(body)).await
}

#[tokio::test]
async fn only_the_secret_key_opens_them() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let user_token = text(&session, "/access_token");
    let routes = [
        (Method::GET, USERS.to_owned()),
        (Method::POST, USERS.to_owned()),
        (
            Method::GET,
            format!("{USERS}/{}", text(&session, "/user/id")),
        ),
        (
            Method::DELETE,
            format!("{USERS}/{}", text(&session, "/user/id")),
        ),
        (
            Method::PUT,
            format!("{USERS}/{}", text(&session, "/user/id")),
        ),
        (Method::POST, "/auth/v1/invite".to_owned()),
        (Method::POST, "/auth/v1/admin/generate_link".to_owned()),
        (Method::GET, "/__outbox?email=ada@example.org".to_owned()),
    ];
    for (method, path) in routes {
        for bearer in [None, Some(PUBLISHABLE), Some(user_token)] {
            let mut request = service.request(method.clone(), &path);
            if let Some(bearer) = bearer {
                request = request.bearer_auth(bearer);
            }
            Answer::of(request).await.expect_error(403, "not_admin");
        }
        let forged = service
            .request(method.clone(), &path)
            .bearer_auth("sb_secret_tesu");
        Answer::of(forged).await.expect_error(403, "bad_jwt");
    }
    sign_in(&service, "ada@example.org").await;
    let by_bearer = service.request(Method::GET, USERS).bearer_auth(SECRET);
    assert_eq!(
        Answer::of(by_bearer).await.expect_ok()["users"][0]["email"],
        "ada@example.org"
    );
}

#[tokio::test]
async fn creates_users_who_can_sign_in() {
    let service = Service::start().await;
    let id = "6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1";
    let user = create(
        &service,
        json!({
            "id": id, "email": "Admin@example.org", "password": PASSWORD, "email_confirm": true,
            "user_metadata": { "name": "A" }, "app_metadata": { "admin": true },
        }),
    )
    .await
    .expect_ok();
    assert_eq!(user["id"], id);
    assert_eq!(user["app_metadata"]["admin"], true);
    assert_eq!(user["app_metadata"]["provider"], "email");
    let session = sign_in(&service, "admin@example.org").await;
    let claims = crate::tokens::claims(text(&session, "/access_token"));
    assert_eq!(claims["app_metadata"]["admin"], true);

    let taken = json!({ "email": "admin@example.org", "password": PASSWORD });
    create(&service, taken)
        .await
        .expect_error(422, "email_exists");
    let same_id = json!({ "id": id, "email": "b@example.org" });
    create(&service, same_id)
        .await
        .expect_error(422, "user_already_exists");
    for (body, code) in [
        (json!({}), "validation_failed"),
        (
            json!({ "email": "c@example.org", "role": "x\u{0}" }),
            "validation_failed",
        ),
        (
            json!({ "email": "c@example.org", "ban_duration": "a while" }),
            "validation_failed",
        ),
        (
            json!({ "email": "c@example.org", "password_hash": "$2y$10$x" }),
            "validation_failed",
        ),
        (
            json!({ "email": "c@example.org", "phone_confirm": true }),
            "bad_json",
        ),
        (json!({ "email": "c@example.org", "id": "7" }), "bad_json"),
    ] {
        create(&service, body).await.expect_error(400, code);
    }
}

#[tokio::test]
async fn lists_by_page() {
    let service = Service::start().await;
    for n in 0..5 {
        create(&service, json!({ "email": format!("u{n}@example.org") }))
            .await
            .expect_ok();
    }
    let page = service
        .admin(Method::GET, &format!("{USERS}?page=2&per_page=2"), None)
        .await;
    assert_eq!(page.header("x-total-count"), Some("5"));
    let link = page.header("link").expect("link").to_owned();
    assert!(link.contains("page=3&per_page=2>; rel=\"next\""), "{link}");
    assert!(link.contains("page=3&per_page=2>; rel=\"last\""), "{link}");
    let body = page.expect_ok();
    let emails: Vec<&str> = (0..2)
        .map(|n| text(&body, &format!("/users/{n}/email")))
        .collect();
    assert_eq!(emails, ["u2@example.org", "u3@example.org"]);
    assert_eq!(body["users"].as_array().map(Vec::len), Some(2));

    let last = format!("{USERS}?page=9223372036854775807&per_page=1000");
    assert_eq!(
        service.admin(Method::GET, &last, None).await.expect_ok()["users"],
        json!([])
    );
    for query in [
        "page=0",
        "per_page=-1",
        "page=x",
        "per_page=99999999999999999999",
    ] {
        let answer = service
            .admin(Method::GET, &format!("{USERS}?{query}"), None)
            .await;
        answer.expect_error(400, "validation_failed");
    }
}

#[tokio::test]
async fn deleting_ends_the_sessions() {
    let service = Service::start().await;
    for body in [None, Some(json!({ "should_soft_delete": true }))] {
        let soft = body.is_some();
        let session = sign_up(&service, "ada@example.org").await;
        let path = format!("{USERS}/{}", text(&session, "/user/id"));
        service.admin(Method::GET, &path, None).await.expect_ok();
        let deleted = service
            .admin(Method::DELETE, &path, body.clone())
            .await
            .expect_ok();
        assert_eq!(deleted, json!({}));
        service
            .admin(Method::GET, &path, None)
            .await
            .expect_error(404, "user_not_found");
        if soft {
            service
                .admin(Method::DELETE, &path, body)
                .await
                .expect_error(404, "user_not_found");
        }
        let token = text(&session, "/access_token");
        let seen = service
            .call(Method::GET, "/auth/v1/user", token, None)
            .await;
        seen.expect_error(403, "user_not_found");
        let refreshed = refresh(&service, text(&session, "/refresh_token")).await;
        refreshed.expect_error(400, "refresh_token_not_found");
        try_sign_in(&service, "ada@example.org", PASSWORD)
            .await
            .expect_error(400, "invalid_credentials");
    }
    // The address is free again.
    sign_up(&service, "ada@example.org").await;
    let unknown = format!("{USERS}/6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1");
    service
        .admin(Method::DELETE, &unknown, None)
        .await
        .expect_error(404, "user_not_found");
    for no_uuid in ["7", "%ff", "%00", "..%2f.."] {
        service
            .admin(Method::GET, &format!("{USERS}/{no_uuid}"), None)
            .await
            .expect_error(404, "validation_failed");
    }
}

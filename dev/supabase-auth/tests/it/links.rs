//! Invitations, and links that an operator mails by other means.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::service::PUBLIC;
use crate::support::{Answer, PASSWORD, SITE, Service, sign_in, sign_up, text, try_sign_in};

async fn generate(service: &Service, body: Value) -> Answer {
    service
        .admin(Method::POST, "/auth/v1/admin/generate_link", Some(body))
        .await
}

#[tokio::test]
async fn an_invitation_makes_a_user_who_comes_by_its_link() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let invite = async |email: &str| {
        let body = json!({ "email": email, "data": { "team": "a" } });
        let path = format!("/auth/v1/invite?redirect_to={SITE}/welcome");
        service.admin(Method::POST, &path, Some(body)).await
    };
    let user = invite("Ada@example.org").await.expect_ok();
    assert_eq!(user["email"], "ada@example.org");
    assert_eq!(user["user_metadata"]["team"], "a");
    assert!(user["invited_at"].is_string());
    assert!(user.get("email_confirmed_at").is_none());
    let again = invite("ada@example.org").await.expect_ok();
    assert_eq!(again["id"], user["id"]);

    let mails = service.mails("ada@example.org").await;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["kind"], "invite");
    let link = text(&mails[0], "/link").replace(PUBLIC, "");
    let answer = Answer::of(service.bare(Method::GET, &link)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let target = answer.header("location").expect("a target");
    assert!(
        target.starts_with(&format!("{SITE}/welcome#access_token=")),
        "{target}"
    );
    assert!(target.ends_with("type=invite"), "{target}");
    invite("ada@example.org")
        .await
        .expect_error(422, "email_exists");
    invite("no address")
        .await
        .expect_error(400, "validation_failed");
}

#[tokio::test]
async fn a_link_is_shown_and_not_mailed() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let body = json!({
        "type": "signup", "email": "ada@example.org", "password": PASSWORD, "redirect_to": format!("{SITE}/hello"),
    });
    let link = generate(&service, body).await.expect_ok();
    assert_eq!(link["email"], "ada@example.org");
    assert_eq!(link["verification_type"], "signup");
    assert_eq!(link["redirect_to"], format!("{SITE}/hello"));
    assert!(service.mails("ada@example.org").await.is_empty());
    try_sign_in(&service, "ada@example.org", PASSWORD)
        .await
        .expect_error(400, "email_not_confirmed");
    let body = json!({ "type": "signup", "token_hash": link["hashed_token"] });
    service.post("/auth/v1/verify", body).await.expect_ok();
    let session = sign_in(&service, "ada@example.org").await;

    for kind in ["magiclink", "recovery"] {
        let body = json!({ "type": kind, "email": "ada@example.org" });
        let link = generate(&service, body).await.expect_ok();
        let code = json!({ "type": kind, "email": "ada@example.org", "token": link["email_otp"] });
        let seen = service.post("/auth/v1/verify", code).await.expect_ok();
        assert_eq!(seen["user"]["id"], session["user"]["id"]);
    }
    let body = json!({ "type": "email_change_new", "email": "ada@example.org", "new_email": "new@example.org" });
    let link = generate(&service, body).await.expect_ok();
    let path = text(&link, "/action_link").replace(PUBLIC, "");
    Answer::of(service.bare(Method::GET, &path)).await;
    sign_in(&service, "new@example.org").await;
}

#[tokio::test]
async fn refuses_links_that_lead_nowhere() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    for (body, status, code) in [
        (json!({}), 400, "validation_failed"),
        (
            json!({ "email": "ada@example.org" }),
            400,
            "validation_failed",
        ),
        (
            json!({ "type": "sms", "email": "ada@example.org" }),
            400,
            "validation_failed",
        ),
        (
            json!({ "type": "signup", "email": "b@example.org" }),
            400,
            "validation_failed",
        ),
        (
            json!({ "type": "signup", "email": "ada@example.org", "password": PASSWORD }),
            422,
            "email_exists",
        ),
        (
            json!({ "type": "invite", "email": "ada@example.org" }),
            422,
            "email_exists",
        ),
        (
            json!({ "type": "recovery", "email": "b@example.org" }),
            404,
            "user_not_found",
        ),
        (
            json!({ "type": "email_change_new", "email": "ada@example.org", "new_email": "ada@example.org" }),
            422,
            "email_exists",
        ),
        (json!({ "type": "recovery", "email": 5 }), 400, "bad_json"),
    ] {
        generate(&service, body).await.expect_error(status, code);
    }
}

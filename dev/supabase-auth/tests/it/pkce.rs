//! Mails whose link leads back with a code, which only the browser that asked can exchange.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::service::PUBLIC;
use crate::support::{Answer, PASSWORD, SITE, Service, sign_in, sign_up, text};

const VERIFIER: &str = "a-secret-of-the-browser-that-nobody-else-has-0123456789";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// A body with the challenge added.
fn with_challenge(mut body: Value) -> Value {
    body["code_challenge"] = json!(challenge());
    body["code_challenge_method"] = json!("s256");
    body
}

/// Follows the link of the latest mail to an address, and gives where it leads.
async fn follow(service: &Service, email: &str) -> String {
    let mail = service.mails(email).await.remove(0);
    assert!(text(&mail, "/token_hash").starts_with("pkce_"), "{mail}");
    follow_link(service, text(&mail, "/link")).await
}

async fn follow_link(service: &Service, link: &str) -> String {
    let request = service.bare(Method::GET, &link.replace(PUBLIC, ""));
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.header("location").expect("a target").to_owned()
}

/// The code in an address that a link led to.
fn code(target: &str) -> &str {
    assert!(!target.contains('#'), "no session in {target}");
    let (_, code) = target.split_once("?code=").expect("a code");
    code
}

async fn exchange(service: &Service, code: &str, verifier: &str) -> Answer {
    let body = json!({ "auth_code": code, "code_verifier": verifier });
    service.post("/auth/v1/token?grant_type=pkce", body).await
}

async fn recover(service: &Service) -> String {
    let body = with_challenge(json!({ "email": "ada@example.org" }));
    service.post("/auth/v1/recover", body).await.expect_ok();
    follow(service, "ada@example.org").await
}

#[tokio::test]
async fn every_mail_can_end_with_an_exchange() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let signup = with_challenge(json!({ "email": "ada@example.org", "password": PASSWORD }));
    let path = format!("/auth/v1/signup?redirect_to={SITE}/welcome");
    service.post(&path, signup).await.expect_ok();
    let target = follow(&service, "ada@example.org").await;
    assert!(
        target.starts_with(&format!("{SITE}/welcome?code=")),
        "{target}"
    );
    let session = exchange(&service, code(&target), VERIFIER)
        .await
        .expect_ok();
    let claims = crate::tokens::claims(text(&session, "/access_token"));
    assert_eq!(claims["amr"][0]["method"], "email/signup");
    sign_in(&service, "ada@example.org").await;

    let session = exchange(&service, code(&recover(&service).await), VERIFIER)
        .await
        .expect_ok();
    let body = with_challenge(json!({ "email": "new@example.org" }));
    let token = text(&session, "/access_token");
    service
        .call(Method::PUT, "/auth/v1/user", token, Some(body))
        .await
        .expect_ok();
    let target = follow(&service, "new@example.org").await;
    let session = exchange(&service, code(&target), VERIFIER)
        .await
        .expect_ok();
    assert_eq!(session["user"]["email"], "new@example.org");

    let body = with_challenge(json!({ "email": "eve@example.org" }));
    service.post("/auth/v1/otp", body).await.expect_ok();
    let target = follow(&service, "eve@example.org").await;
    let session = exchange(&service, code(&target), VERIFIER)
        .await
        .expect_ok();
    assert_eq!(session["user"]["email"], "eve@example.org");
}

#[tokio::test]
async fn a_code_is_for_its_browser_once_and_for_five_minutes() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let target = recover(&service).await;
    let code = code(&target);
    for wrong in [&VERIFIER[1..], &challenge()] {
        exchange(&service, code, wrong)
            .await
            .expect_error(400, "bad_code_verifier");
    }
    for (code, verifier) in [("", VERIFIER), (code, "")] {
        exchange(&service, code, verifier)
            .await
            .expect_error(400, "validation_failed");
    }
    let late = "update auth.flow_states set auth_code_issued_at = auth_code_issued_at - interval '6 minutes'";
    service.database.execute(late).await;
    exchange(&service, code, VERIFIER)
        .await
        .expect_error(422, "flow_state_expired");
    let back = "update auth.flow_states set auth_code_issued_at = auth_code_issued_at + interval '6 minutes'";
    service.database.execute(back).await;
    exchange(&service, code, VERIFIER).await.expect_ok();
    exchange(&service, code, VERIFIER)
        .await
        .expect_error(404, "flow_state_not_found");
    let strange = ["6f1c0f3e-38fd-4b3b-9f0c-0f8e25b1f9a1", "no code", "\u{0}"];
    for strange in strange {
        exchange(&service, strange, VERIFIER)
            .await
            .expect_error(404, "flow_state_not_found");
    }
}

#[tokio::test]
async fn a_code_is_nothing_before_its_link_was_followed() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let body = with_challenge(json!({ "email": "ada@example.org" }));
    service.post("/auth/v1/recover", body).await.expect_ok();
    let row = service
        .database
        .superuser()
        .await
        .query_one("select auth_code::text from auth.flow_states", &[])
        .await
        .expect("a flow");
    exchange(&service, row.get(0), VERIFIER)
        .await
        .expect_error(404, "flow_state_not_found");
}

#[tokio::test]
async fn parallel_exchanges_give_one_session() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    let target = recover(&service).await;
    let exchanges = (0..5).map(|_| exchange(&service, code(&target), VERIFIER));
    let answers = futures::future::join_all(exchanges).await;
    let good = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    assert_eq!(good.count(), 1);
}

#[tokio::test]
async fn errors_are_told_where_the_client_looks() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    recover(&service).await;
    let link = text(&service.mails("ada@example.org").await[0], "/link").to_owned();
    let again = follow_link(&service, &link).await;
    assert!(
        again.contains("?error=access_denied&error_code=otp_expired"),
        "{again}"
    );
    assert!(
        again.contains("#error=access_denied&error_code=otp_expired"),
        "{again}"
    );

    // The site's own page may post the hash instead: then the answer is the session.
    let body = with_challenge(json!({ "email": "ada@example.org" }));
    service.post("/auth/v1/recover", body).await.expect_ok();
    let hash = service.mails("ada@example.org").await[0]["token_hash"].clone();
    let body = json!({ "type": "recovery", "token_hash": hash });
    let session = service.post("/auth/v1/verify", body).await.expect_ok();
    assert_eq!(session["user"]["email"], "ada@example.org");
}

#[tokio::test]
async fn half_a_challenge_is_refused_and_leaves_nothing_behind() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let body =
        json!({ "email": "ada@example.org", "password": PASSWORD, "code_challenge": challenge() });
    for path in ["/auth/v1/signup", "/auth/v1/recover", "/auth/v1/otp"] {
        service
            .post(path, body.clone())
            .await
            .expect_error(400, "validation_failed");
    }
    let users = service
        .admin(Method::GET, "/auth/v1/admin/users", None)
        .await;
    assert_eq!(users.expect_ok()["users"], json!([]));
}

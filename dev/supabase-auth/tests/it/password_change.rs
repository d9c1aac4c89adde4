//! What a change of the password asks for, beside the session.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, Service, put_user, recover, sign_in, sign_up, text};

/// Has a code mailed to the caller.
async fn reauthenticate(service: &Service, session: &Value, email: &str) -> String {
    let token = text(session, "/access_token");
    let answer = service
        .call(Method::GET, "/auth/v1/reauthenticate", token, None)
        .await;
    assert_eq!(answer.expect_ok(), json!({}));
    let mail = service.mails(email).await.remove(0);
    assert_eq!(mail["kind"], "reauthentication");
    assert_eq!(
        (&mail["link"], &mail["token_hash"]),
        (&Value::Null, &Value::Null)
    );
    text(&mail, "/code").to_owned()
}

#[tokio::test]
async fn an_old_session_needs_a_code() {
    let service = Service::start_with(&["--password-change", "nonce"]).await;
    let session = sign_up(&service, "ada@example.org").await;
    put_user(&service, &session, json!({ "password": "battery staple" }))
        .await
        .expect_ok();
    let day = "update auth.sessions set created_at = created_at - interval '25 hours'";
    service.database.execute(day).await;
    put_user(&service, &session, json!({ "password": "another one" }))
        .await
        .expect_error(400, "reauthentication_needed");
    let with = |nonce: &str| json!({ "password": "another one", "nonce": nonce });
    put_user(&service, &session, with("000000"))
        .await
        .expect_error(422, "reauthentication_not_valid");

    let code = reauthenticate(&service, &session, "ada@example.org").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    put_user(&service, &session, with(wrong))
        .await
        .expect_error(422, "reauthentication_not_valid");
    // Another user's code is none.
    let eve = sign_up(&service, "eve@example.org").await;
    let hers = reauthenticate(&service, &eve, "eve@example.org").await;
    if hers != code {
        put_user(&service, &session, with(&hers))
            .await
            .expect_error(422, "reauthentication_not_valid");
    }
    put_user(&service, &session, with(&code)).await.expect_ok();
    put_user(
        &service,
        &session,
        json!({ "password": "yet another", "nonce": code }),
    )
    .await
    .expect_error(422, "reauthentication_not_valid");
    // A code proves no address: it signs nobody in.
    let code = reauthenticate(&service, &session, "ada@example.org").await;
    for kind in ["reauthentication", "email", "magiclink"] {
        let body = json!({ "type": kind, "email": "ada@example.org", "token": code });
        let answer = service.post("/auth/v1/verify", body).await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_code_takes_five_guesses() {
    let service = Service::start_with(&["--password-change", "nonce"]).await;
    let session = sign_up(&service, "ada@example.org").await;
    let day = "update auth.sessions set created_at = created_at - interval '25 hours'";
    service.database.execute(day).await;
    let code = reauthenticate(&service, &session, "ada@example.org").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for nonce in [wrong, wrong, wrong, wrong, wrong, &code] {
        put_user(
            &service,
            &session,
            json!({ "password": "another one", "nonce": nonce }),
        )
        .await
        .expect_error(422, "reauthentication_not_valid");
    }
}

#[tokio::test]
async fn the_password_of_now_can_be_asked_for() {
    let service = Service::start_with(&["--password-change", "current"]).await;
    let session = sign_up(&service, "ada@example.org").await;
    put_user(&service, &session, json!({ "password": "battery staple" }))
        .await
        .expect_error(400, "current_password_required");
    let with = |current: &str| json!({ "password": "battery staple", "current_password": current });
    put_user(&service, &session, with("wrong horse"))
        .await
        .expect_error(400, "current_password_invalid");
    put_user(&service, &session, with(PASSWORD))
        .await
        .expect_ok();

    // Who has forgotten it comes by a mail.
    let recovered = recover(&service, "ada@example.org").await.expect_ok();
    put_user(&service, &recovered, json!({ "password": PASSWORD }))
        .await
        .expect_ok();
    sign_in(&service, "ada@example.org").await;
}

#[tokio::test]
async fn nobody_is_mailed_a_code_without_a_session() {
    let service = Service::start().await;
    let request = service.request(Method::GET, "/auth/v1/reauthenticate");
    Answer::of(request)
        .await
        .expect_error(401, "no_authorization");
}

//! Mails: recovery, resending, codes, links and where they lead.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::service::PUBLIC;
use crate::support::{PASSWORD, SITE, Service, sign_up, text, try_sign_in};

#[tokio::test]
async fn recovery_leads_to_a_new_password_and_tells_nothing_of_unknown_addresses() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    for email in ["ada@example.org", "eve@example.org"] {
        let answer = service
            .post("/auth/v1/recover", json!({ "email": email }))
            .await;
        assert_eq!(answer.expect_ok(), json!({}));
    }
    assert!(service.mails("eve@example.org").await.is_empty());
    let mail = service.mails("ada@example.org").await.remove(0);
    assert_eq!(mail["kind"], "recovery");
    let verify = json!({ "type": "recovery", "token_hash": mail["token_hash"] });
    let session = service
        .post("/auth/v1/verify", verify.clone())
        .await
        .expect_ok();
    service
        .post("/auth/v1/verify", verify)
        .await
        .expect_error(403, "otp_expired");
    let token = text(&session, "/access_token");
    assert_eq!(crate::tokens::claims(token)["amr"][0]["method"], "otp");
    let body = json!({ "password": "battery staple" });
    service
        .call(Method::PUT, "/auth/v1/user", token, Some(body))
        .await
        .expect_ok();
    try_sign_in(&service, "ada@example.org", "battery staple")
        .await
        .expect_ok();
}

#[tokio::test]
async fn a_code_takes_five_guesses() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    service
        .post("/auth/v1/recover", json!({ "email": "ada@example.org" }))
        .await
        .expect_ok();
    let code = text(&service.mails("ada@example.org").await[0], "/code").to_owned();
    assert!(
        code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code}"
    );
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let guess =
        |code: &str| json!({ "type": "recovery", "email": "ada@example.org", "token": code });
    for _ in 0..5 {
        service
            .post("/auth/v1/verify", guess(wrong))
            .await
            .expect_error(403, "otp_expired");
    }
    service
        .post("/auth/v1/verify", guess(&code))
        .await
        .expect_error(403, "otp_expired");

    service
        .post("/auth/v1/recover", json!({ "email": "ada@example.org" }))
        .await
        .expect_ok();
    let code = text(&service.mails("ada@example.org").await[0], "/code").to_owned();
    service
        .post("/auth/v1/verify", guess(&code))
        .await
        .expect_ok();
}

#[tokio::test]
async fn a_link_is_good_for_its_type_and_a_day_only() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    service
        .post("/auth/v1/recover", json!({ "email": "ada@example.org" }))
        .await
        .expect_ok();
    let hash = service.mails("ada@example.org").await[0]["token_hash"].clone();
    let verify = |kind: &str| json!({ "type": kind, "token_hash": hash });
    service
        .post("/auth/v1/verify", verify("signup"))
        .await
        .expect_error(403, "otp_expired");
    service
        .post("/auth/v1/verify", verify("sms"))
        .await
        .expect_error(400, "validation_failed");
    let mixed = json!({ "type": "recovery", "token_hash": hash, "email": "ada@example.org" });
    service
        .post("/auth/v1/verify", mixed)
        .await
        .expect_error(400, "validation_failed");
    let nul = json!({ "type": "recovery", "token_hash": "\u{0}" });
    service
        .post("/auth/v1/verify", nul)
        .await
        .expect_error(400, "validation_failed");

    let day = "update auth.one_time_tokens set created_at = created_at - interval '25 hours'";
    service.database.execute(day).await;
    service
        .post("/auth/v1/verify", verify("recovery"))
        .await
        .expect_error(403, "otp_expired");
    let undo = "update auth.one_time_tokens set created_at = created_at + interval '25 hours'";
    service.database.execute(undo).await;
    service
        .post("/auth/v1/verify", verify("recovery"))
        .await
        .expect_ok();
}

#[tokio::test]
async fn links_lead_to_the_site_and_nowhere_else() {
    let service = Service::start().await;
    sign_up(&service, "ada@example.org").await;
    for (wished, target) in [
        (format!("{SITE}/reset"), format!("{SITE}/reset")),
        ("http://evil.test/".to_owned(), format!("{SITE}/")),
        (
            "http://acme.mindroom.localhost:8080/".to_owned(),
            format!("{SITE}/"),
        ),
    ] {
        let path = format!("/auth/v1/recover?redirect_to={wished}");
        service
            .post(&path, json!({ "email": "ada@example.org" }))
            .await
            .expect_ok();
        let mail = service.mails("ada@example.org").await.remove(0);
        let link = text(&mail, "/link").replace(PUBLIC, "");
        // Also when the link itself was tampered with.
        let (link, _) = link.split_once("&redirect_to=").expect("a target");
        let link = format!("{link}&redirect_to={wished}");
        let answer = service
            .bare(Method::GET, &link)
            .send()
            .await
            .expect("answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let location = answer.headers()["location"].to_str().expect("text");
        assert!(
            location.starts_with(&format!("{target}#access_token=")),
            "{location}"
        );
    }
}

#[tokio::test]
async fn resend_mails_only_who_waits() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    service.post("/auth/v1/signup", body).await.expect_ok();
    let first = service.mails("ada@example.org").await.remove(0);
    let resend = |kind: &str| json!({ "type": kind, "email": "ada@example.org" });
    assert_eq!(
        service
            .post("/auth/v1/resend", resend("signup"))
            .await
            .expect_ok(),
        json!({})
    );
    let mails = service.mails("ada@example.org").await;
    assert_eq!(mails.len(), 2);
    service
        .post("/auth/v1/resend", resend("sms"))
        .await
        .expect_error(400, "validation_failed");
    let stranger = json!({ "type": "signup", "email": "eve@example.org" });
    assert_eq!(
        service.post("/auth/v1/resend", stranger).await.expect_ok(),
        json!({})
    );

    let verify = |hash: &serde_json::Value| json!({ "type": "signup", "token_hash": hash });
    let old = service
        .post("/auth/v1/verify", verify(&first["token_hash"]))
        .await;
    old.expect_error(403, "otp_expired");
    service
        .post("/auth/v1/verify", verify(&mails[0]["token_hash"]))
        .await
        .expect_ok();
    service
        .post("/auth/v1/resend", resend("signup"))
        .await
        .expect_ok();
    assert_eq!(
        service.mails("ada@example.org").await.len(),
        2,
        "nothing waits any more"
    );
}

#[tokio::test]
async fn otp_signs_in_and_up_without_a_password() {
    let service = Service::start_with(&["--confirm-email"]).await;
    let unknown = json!({ "email": "ada@example.org", "create_user": false });
    service
        .post("/auth/v1/otp", unknown)
        .await
        .expect_error(422, "otp_disabled");
    let body = json!({ "email": "ada@example.org", "create_user": true, "data": { "n": 1 } });
    assert_eq!(
        service.post("/auth/v1/otp", body).await.expect_ok(),
        json!({})
    );
    let code = service.mails("ada@example.org").await[0]["code"].clone();
    let verify = json!({ "type": "email", "email": "Ada@example.org", "token": code });
    let session = service.post("/auth/v1/verify", verify).await.expect_ok();
    assert_eq!(session["user"]["user_metadata"]["n"], 1);
    assert!(session["user"]["email_confirmed_at"].is_string());
    // No password was set, so none is right.
    try_sign_in(&service, "ada@example.org", "")
        .await
        .expect_error(400, "invalid_credentials");
}

#[tokio::test]
async fn mails_of_one_kind_keep_their_distance() {
    let service = Service::start_with(&["--mail-interval", "60"]).await;
    sign_up(&service, "ada@example.org").await;
    let recover = async || {
        let body = json!({ "email": "ada@example.org" });
        service.post("/auth/v1/recover", body).await
    };
    recover().await.expect_ok();
    let soon = recover().await;
    soon.expect_error(429, "over_email_send_rate_limit");
    let message = soon.body["message"].as_str().expect("text");
    assert!(
        message.starts_with("For security purposes, you can only request this after "),
        "{message}"
    );
    assert_eq!(service.mails("ada@example.org").await.len(), 1);
    let later = "update auth.users set recovery_sent_at = recovery_sent_at - interval '61 seconds'";
    service.database.execute(later).await;
    recover().await.expect_ok();
    assert_eq!(service.mails("ada@example.org").await.len(), 2);
}

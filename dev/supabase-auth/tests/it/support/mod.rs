//! What the tests stand on.

pub(crate) mod postgres;
pub(crate) mod service;

pub(crate) use postgres::{Cluster, Database};
pub(crate) use service::{Answer, PUBLISHABLE, SECRET, SITE, Service};

use reqwest::Method;
use serde_json::{Value, json};

/// A password that is accepted.
pub(crate) const PASSWORD: &str = "correct horse";

/// Signs a user up who is confirmed at once, and gives the session.
pub(crate) async fn sign_up(service: &Service, email: &str) -> Value {
    service
        .post(
            "/auth/v1/signup",
            json!({ "email": email, "password": PASSWORD }),
        )
        .await
        .expect_ok()
}

/// Signs in, and gives the session.
pub(crate) async fn sign_in(service: &Service, email: &str) -> Value {
    try_sign_in(service, email, PASSWORD).await.expect_ok()
}

/// Tries to sign in.
pub(crate) async fn try_sign_in(service: &Service, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    service
        .post("/auth/v1/token?grant_type=password", body)
        .await
}

/// Tries to exchange a refresh token.
pub(crate) async fn refresh(service: &Service, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    service
        .post("/auth/v1/token?grant_type=refresh_token", body)
        .await
}

/// Asks for the caller's own record.
pub(crate) async fn get_user(service: &Service, session: &Value) -> Answer {
    let token = text(session, "/access_token");
    service
        .call(Method::GET, "/auth/v1/user", token, None)
        .await
}

/// Changes the caller's own record.
pub(crate) async fn put_user(service: &Service, session: &Value, body: Value) -> Answer {
    let token = text(session, "/access_token");
    service
        .call(Method::PUT, "/auth/v1/user", token, Some(body))
        .await
}

/// Asks for a mail to recover an account, and answers it.
pub(crate) async fn recover(service: &Service, email: &str) -> Answer {
    service
        .post("/auth/v1/recover", json!({ "email": email }))
        .await
        .expect_ok();
    let hash = service.mails(email).await[0]["token_hash"].clone();
    let body = json!({ "type": "recovery", "token_hash": hash });
    service.post("/auth/v1/verify", body).await
}

/// A text field that must be there.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}

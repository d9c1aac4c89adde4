//! Access tokens: their claims, the key set, and forgeries.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::service::PUBLIC;
use crate::support::{Answer, Service, sign_up, text};

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token)
        .expect("a token")
        .claims
}

async fn jwks(service: &Service) -> Answer {
    Answer::of(service.bare(Method::GET, "/auth/v1/.well-known/jwks.json")).await
}

/// Signs claims with the service's own key.
fn sign_with_own_key(service: &Service, kid: &str, claims: &Value) -> String {
    let pem = std::fs::read(service.key_file()).expect("key");
    let key = EncodingKey::from_ec_pem(&pem).expect("key");
    let header = Header {
        kid: Some(kid.to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    encode(&header, claims, &key).expect("token")
}

async fn get_user(service: &Service, token: &str) -> Answer {
    service
        .call(Method::GET, "/auth/v1/user", token, None)
        .await
}

#[tokio::test]
async fn verify_by_the_key_set_and_hold_the_known_claims() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let answer = jwks(&service).await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=600"));
    let listed = answer.expect_ok();
    assert_eq!(listed["keys"][0]["alg"], "ES256");
    assert_eq!(listed["keys"][0]["use"], "sig");
    assert!(
        listed["keys"][0].get("d").is_none(),
        "the private part stays home"
    );

    let keys: JwkSet = serde_json::from_value(listed).expect("a key set");
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["authenticated"]);
    validation.set_issuer(&[format!("{PUBLIC}/auth/v1")]);
    let key = DecodingKey::from_jwk(&keys.keys[0]).expect("key");
    let token = decode::<Value>(text(&session, "/access_token"), &key, &validation).expect("good");
    assert_eq!(token.header.kid, keys.keys[0].common.key_id);
    let claims = token.claims;
    assert_eq!(claims["sub"], session["user"]["id"]);
    assert_eq!(claims["role"], "authenticated");
    assert_eq!(claims["email"], "ada@example.org");
    assert_eq!(claims["phone"], "");
    assert_eq!(claims["aal"], "aal1");
    assert_eq!(claims["amr"][0]["method"], "password");
    assert!(claims["amr"][0]["timestamp"].as_i64().is_some());
    assert_eq!(claims["is_anonymous"], false);
    assert_eq!(claims["app_metadata"], session["user"]["app_metadata"]);
    assert_eq!(claims["user_metadata"], session["user"]["user_metadata"]);
    assert!(text(&claims, "/session_id").parse::<uuid::Uuid>().is_ok());
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(life, 3600);
    assert_eq!(claims["exp"], session["expires_at"]);
}

#[tokio::test]
async fn refuses_forgeries() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let good = text(&session, "/access_token").to_owned();
    get_user(&service, &good).await.expect_ok();
    let claims = claims(&good);
    let public = jwks(&service).await.expect_ok()["keys"][0].clone();
    let kid = text(&public, "/kid");
    // Proof that the helper signs as the service does, so that what follows is refused for its own reason.
    get_user(&service, &sign_with_own_key(&service, kid, &claims))
        .await
        .expect_ok();

    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        sign_with_own_key(&service, kid, &claims)
    };
    let mut without_audience = claims.clone();
    without_audience
        .as_object_mut()
        .expect("claims")
        .remove("aud");
    let parts: Vec<&str> = good.split('.').collect();
    let mut signature = parts[2].to_owned();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    signature.replace_range(0..1, flipped);
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let by_public_key = Header {
        kid: Some(kid.to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let by_public_key = encode(
        &by_public_key,
        &claims,
        &EncodingKey::from_secret(public.to_string().as_bytes()),
    );
    let stranger = Service::start().await;
    let forgeries = [
        ("expired", changed("exp", json!(1))),
        ("another audience", changed("aud", json!("instance"))),
        (
            "another issuer",
            changed("iss", json!("http://evil.test/auth/v1")),
        ),
        ("no UUID", changed("sub", json!("admin"))),
        ("no session", changed("session_id", Value::Null)),
        (
            "no audience",
            sign_with_own_key(&service, kid, &without_audience),
        ),
        (
            "unknown kid",
            sign_with_own_key(&service, "another", &claims),
        ),
        ("another key", sign_with_own_key(&stranger, kid, &claims)),
        (
            "signature changed",
            format!("{}.{}.{signature}", parts[0], parts[1]),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("algorithm none", format!("{none}.{}.", parts[1])),
        ("HMAC by the public key", by_public_key.expect("token")),
        ("a publishable key", crate::support::PUBLISHABLE.to_owned()),
        ("no token", "x".to_owned()),
    ];
    for (name, forgery) in forgeries {
        let answer = get_user(&service, &forgery).await;
        assert_eq!(answer.status, 403, "{name}: {}", answer.body);
        answer.expect_error(403, "bad_jwt");
    }
    let nothing = Answer::of(service.request(Method::GET, "/auth/v1/user")).await;
    nothing.expect_error(401, "no_authorization");
    let basic = service
        .request(Method::GET, "/auth/v1/user")
        .basic_auth("a", Some("b"));
    Answer::of(basic)
        .await
        .expect_error(401, "no_authorization");
}

#[tokio::test]
async fn the_key_outlives_a_restart() {
    let service = Service::start().await;
    let before = jwks(&service).await.expect_ok();
    let again = crate::support::service::command(&service.key_file())
        .env("DATABASE_URL", service.database.url("supabase_auth_admin"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("start");
    let again = crate::process::Guard::new(again);
    let url = again.url();
    let after: Value = reqwest::get(format!("{url}/auth/v1/.well-known/jwks.json"))
        .await
        .expect("answer")
        .json()
        .await
        .expect("json");
    assert_eq!(before, after);
}

#[tokio::test]
async fn keys_are_rotated_without_signing_anybody_out() {
    let mut service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let old_token = text(&session, "/access_token").to_owned();
    let old = service.key_file();
    let new = old.with_file_name("next.pem");
    let kids = async |service: &Service| -> Vec<String> {
        let listed = jwks(service).await.expect_ok();
        let keys = listed["keys"].as_array().expect("keys");
        keys.iter()
            .map(|key| text(key, "/kid").to_owned())
            .collect()
    };

    // Standby: listed, so that verifiers know it before it signs. Made here, as an operator would.
    let maker = Service::start().await;
    std::fs::copy(maker.key_file(), &new).expect("copy");
    service.restart(&old, &["--accept-key-file", path(&new)]);
    let standby = kids(&service).await;
    assert_eq!(standby.len(), 2);
    get_user(&service, &old_token).await.expect_ok();

    // In use, and the last one still good.
    service.restart(&new, &["--accept-key-file", path(&old)]);
    let in_use = kids(&service).await;
    assert_eq!(in_use, [standby[1].clone(), standby[0].clone()]);
    get_user(&service, &old_token).await.expect_ok();
    let refreshed = crate::support::refresh(&service, text(&session, "/refresh_token"))
        .await
        .expect_ok();
    let new_token = text(&refreshed, "/access_token");
    let header = jsonwebtoken::decode_header(new_token).expect("a header");
    assert_eq!(header.kid.as_ref(), Some(&in_use[0]));

    // Revoked: its tokens are refused, though their time is not over.
    service.restart(&new, &[]);
    assert_eq!(kids(&service).await, in_use[..1]);
    get_user(&service, &old_token)
        .await
        .expect_error(403, "bad_jwt");
    get_user(&service, new_token).await.expect_ok();
}

fn path(path: &std::path::Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[tokio::test]
async fn the_life_of_a_token_is_the_operators() {
    let service = Service::start_with(&["--token-lifetime", "120"]).await;
    let session = sign_up(&service, "ada@example.org").await;
    assert_eq!(session["expires_in"], 120);
    let claims = claims(text(&session, "/access_token"));
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(life, 120);
}

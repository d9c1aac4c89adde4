//! Forged tokens.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, decode_header, encode};
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::EncodePrivateKey;
use platform_tests::{Account, Door, Platform, Replica, until};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[tokio::test]
async fn forged_tokens_are_refused() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    account.get("/my/account").await.expect(200);
    let [head, claims, signature] = parts(&account.token);
    let swapped = if signature.starts_with('A') { "B" } else { "A" };
    let forged = [
        ("no signature", format!("{head}.{claims}.")),
        (
            "changed signature",
            format!("{head}.{claims}.{swapped}{}", &signature[1..]),
        ),
        (
            "changed claims",
            format!("{head}.{}.{signature}", as_another(&claims)),
        ),
        (
            "alg none",
            format!("{}.{claims}.", text(&json!({"alg": "none", "typ": "JWT"}))),
        ),
        ("another key", by_another_key(&account.token, &claims)),
        ("rubbish", "a.b.c".to_owned()),
    ];
    for (what, token) in forged {
        let answer = platform
            .send(platform.api(Method::GET, "/my/account").bearer_auth(token))
            .await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        answer.expect_problem(401, "unauthenticated");
    }
}

/// By the auth service's own key, so that nothing but what they claim is wrong.
#[tokio::test]
async fn well_signed_tokens_are_refused_for_what_they_claim() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let now = account_claims(&account)["iat"].as_i64().unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = account_claims(&account);
        claims[name] = value;
        signed(&platform, &account.token, &claims)
    };
    let status = async |token: String| {
        let request = platform.api(Method::GET, "/my/account").bearer_auth(token);
        platform.send(request).await
    };
    let same = signed(&platform, &account.token, &account_claims(&account));
    assert_eq!(status(same).await.status, 200, "this key is the real one");
    for (name, value) in [
        ("exp", json!(now - 3600)),
        ("exp", json!("never")),
        ("nbf", json!(now + 3600)),
        ("iss", json!("https://elsewhere.example/auth/v1")),
        ("aud", json!("anon")),
        ("aud", json!(["authenticated", "anon"])),
        ("role", json!("service_role")),
        ("role", json!("anon")),
        ("is_anonymous", json!(true)),
        ("email", json!("")),
        ("sub", json!("admin")),
        ("session_id", Value::Null),
    ] {
        let answer = status(with(name, value.clone())).await;
        assert_eq!(answer.status, 401, "{name} {value}: {}", answer.text);
        answer.expect_problem(401, "unauthenticated");
    }
    let by_public_key = keys_of(&platform).await;
    for secret in [by_public_key.as_bytes(), b""] {
        let mut header = Header::new(Algorithm::HS256);
        for kid in [decode_header(&account.token).unwrap().kid, None] {
            header.kid = kid;
            let key = EncodingKey::from_secret(secret);
            let token = encode(&header, &account_claims(&account), &key).unwrap();
            status(token).await.expect_problem(401, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn what_people_say_of_themselves_never_shuts_them_out() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    for name in [
        json!(5),
        json!({}),
        json!(["x"]),
        Value::Null,
        json!("x".repeat(2000)),
    ] {
        let url = format!("{}/auth/v1/user", platform.auth);
        let request = platform
            .request(Method::PUT, &url)
            .header("apikey", &platform.publishable_key)
            .bearer_auth(&account.token)
            .json(&json!({"data": {"full_name": name}}));
        platform.send(request).await.expect(200);
        let again = Account::sign_in(&platform, &account.email, "correct horse battery").await;
        let said = &account_claims(&again)["user_metadata"]["full_name"];
        assert_eq!(said, &name, "the token says it");
        again.get("/my/account").await.expect(200);
    }
}

/// The auth service changes its key: a token by the new one is let in without a restart, and when the service is then
/// away, those that hold by a known key still are.
#[tokio::test]
async fn a_key_that_is_new_is_fetched_and_known_ones_outlive_the_service() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    account.get("/my/account").await.expect(200);
    let new = SigningKey::random(&mut OsRng);
    let service = KeyService::start(keys_of(&platform).await).await;
    let functions = Replica::with(&platform, &[("auth_internal_url", service.url.as_str())]).await;
    let status = async |token: &str| {
        // each from another address: strangers are counted by theirs
        let door = Door::to(&platform, &functions.url);
        let answer = door.call(Method::GET, "/my/account", Some(token), None);
        answer.await.status
    };
    assert_eq!(status(&account.token).await, 200);
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("the-new-one".to_owned());
    let pem = new.to_pkcs8_der().unwrap();
    let key = EncodingKey::from_ec_der(pem.as_bytes());
    let by_new = encode(&header, &account_claims(&account), &key).unwrap();
    assert_eq!(status(&by_new).await, 401, "nobody has heard of it");
    service.adds("the-new-one", &new);
    // unknown keys are asked for once in half a minute at most, whoever sends them
    until(
        "the new key to be known",
        Duration::from_mins(1),
        async || (status(&by_new).await == 200).then_some(()),
    )
    .await;
    drop(service);
    assert_eq!(status(&by_new).await, 200);
    assert_eq!(status(&account.token).await, 200);
    let unknown = by_another_key(&account.token, &parts(&account.token)[1]);
    assert_eq!(status(&unknown).await, 401);
}

/// An auth service that has nothing but keys.
struct KeyService {
    url: String,
    keys: Arc<Mutex<Value>>,
    server: JoinHandle<()>,
}

impl KeyService {
    async fn start(keys: String) -> Self {
        let keys: Value = serde_json::from_str(&keys).unwrap();
        let keys = Arc::new(Mutex::new(keys));
        let shown = Arc::clone(&keys);
        let show = move || {
            let keys = shown.lock().unwrap().clone();
            async move { Json(keys) }
        };
        let routes = Router::new().route("/auth/v1/.well-known/jwks.json", get(show));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, keys, server }
    }

    fn adds(&self, id: &str, key: &SigningKey) {
        let point = key.verifying_key().to_encoded_point(false);
        let [x, y] = [point.x(), point.y()].map(|part| URL_SAFE_NO_PAD.encode(part.unwrap()));
        let key = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "key_ops": ["verify"],
            "kid": id, "x": x, "y": y});
        let mut keys = self.keys.lock().unwrap();
        keys["keys"].as_array_mut().unwrap().push(key);
    }
}

impl Drop for KeyService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Both may be in use at a time, and the older one does not take the address back.
#[tokio::test]
async fn of_two_tokens_the_newer_one_says_the_address() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let mut claims = account_claims(&account);
    let moved = format!("moved-{}", account.email);
    claims["email"] = json!(moved);
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 1);
    let newer = signed(&platform, &account.token, &claims);
    for (token, email) in [
        (&account.token, &account.email),
        (&newer, &moved),
        (&account.token, &moved),
        (&newer, &moved),
    ] {
        let request = platform.api(Method::GET, "/my/account").bearer_auth(token);
        let mine = platform.send(request).await.expect(200);
        assert_eq!(&mine["email"], email);
    }
}

#[tokio::test]
async fn an_address_that_is_not_confirmed_lets_nobody_in() {
    let platform = Platform::get();
    let account = Account::sign_up(&platform).await;
    let pending = "update accounts set status = 'pending_verification' where id = $1";
    let database = platform.database().await;
    database.execute(pending, &[&account.id]).await.unwrap();
    for path in ["/my/account", "/admin/accounts"] {
        let answer = account.get(path).await;
        answer.expect_problem(403, "address_not_confirmed");
    }
}

fn account_claims(account: &Account) -> Value {
    let [_, claims, _] = parts(&account.token);
    decoded(&claims)
}

/// As the auth service signs, which keeps its key in the state folder.
fn signed(platform: &Platform, like: &str, claims: &Value) -> String {
    let pem = std::fs::read(platform.state.join("auth/signing-key.pem")).unwrap();
    let header = decode_header(like).unwrap();
    encode(&header, claims, &EncodingKey::from_ec_pem(&pem).unwrap()).unwrap()
}

async fn keys_of(platform: &Platform) -> String {
    let url = format!("{}/auth/v1/.well-known/jwks.json", platform.auth);
    let answer = platform.send(platform.request(Method::GET, &url)).await;
    assert_eq!(answer.status, 200);
    answer.text
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

fn text(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn decoded(claims: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn as_another(claims: &str) -> String {
    let mut claims = decoded(claims);
    claims["sub"] = json!("00000000-0000-4000-8000-000000000000");
    text(&claims)
}

/// Signed well, under the name of the real key, by a key of our own.
fn by_another_key(token: &str, claims: &str) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = decode_header(token).unwrap().kid;
    let der = SigningKey::random(&mut OsRng).to_pkcs8_der().unwrap();
    encode(
        &header,
        &decoded(claims),
        &EncodingKey::from_ec_der(der.as_bytes()),
    )
    .unwrap()
}

//! Forged tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, decode_header, encode};
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::EncodePrivateKey;
use platform_tests::{Account, Platform};
use reqwest::Method;
use serde_json::{Value, json};

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

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode};
use p256::ecdsa::SigningKey;
use p256::elliptic_curve::rand_core::OsRng;
use p256::pkcs8::EncodePrivateKey;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://auth.example.com/auth/v1";

struct Issuer {
    key: EncodingKey,
    jwks: Vec<u8>,
}

fn issuer(kid: &str) -> Issuer {
    let secret = SigningKey::random(&mut OsRng);
    let point = secret.verifying_key().to_encoded_point(false);
    let jwks = json!({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
        "key_ops": ["verify"],
        "x": URL_SAFE_NO_PAD.encode(point.x().unwrap()),
        "y": URL_SAFE_NO_PAD.encode(point.y().unwrap())}]});
    let pem = secret.to_pkcs8_der().unwrap();
    Issuer {
        key: EncodingKey::from_ec_der(pem.as_bytes()),
        jwks: jwks.to_string().into_bytes(),
    }
}

fn claims() -> Value {
    json!({"sub": "6e1a1a2e-50c3-4f0e-9d57-3a4a5f0d9b11", "email": "a@example.com", "exp": NOW + 60,
        "iat": NOW, "iss": ISSUER, "aud": "authenticated", "role": "authenticated",
        "session_id": "6e1a1a2e-50c3-4f0e-9d57-3a4a5f0d9b12",
        "user_metadata": {"full_name": "Ann"}})
}

fn sign(issuer: &Issuer, kid: &str, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(kid.to_owned());
    encode(&header, claims, &issuer.key).unwrap()
}

fn verifier(issuer: &Issuer) -> Verifier {
    Verifier::new(KeySet::parse(&issuer.jwks).unwrap(), "", ISSUER)
}

#[test]
fn a_good_token_is_accepted() {
    let issuer = issuer("k1");
    let verified = verifier(&issuer)
        .verify(&sign(&issuer, "k1", &claims()), NOW)
        .unwrap();
    assert_eq!(verified.email, "a@example.com");
    assert_eq!(verified.caller().full_name(), Some("Ann"));
}

/// Made for these tests alone.
const RSA_KEY: &[u8] = include_bytes!("token_tests_rsa.pem");
/// Its public part.
const RSA_MODULUS: &str = "\
    sCxiDzbNLpHUtRXLQHhzzD1iGtAGAglP3PjquwXjN5qM4zSrTfI5wr9zH41RLTdAhez30Zym9LOLbC8oJ9tEgVbnEOAXMMEgzo4w\
    Au6soCRQ0iJDCc94-ZX-AxswfXxemuz9m8Hf_lepe_NucIKz6eJUc61esbdgBdpYDXSCRWnmmxMemW_bvTrDgU6sar-oxKAd-hGR\
    LP5z6TEMb5IK5EQIsvloX-FAc6MypJuV_cOj7u-te4MuTTxic1y8GJ5cHkhxQQjpwgaywzhD7K0QBb6aeKCsHpIERD2f9R-FpKiJ\
    59mIGhjevnL5HBwz6IDyC8x3HkWYt8FJHiPynyp9Mw";

#[test]
fn projects_of_other_ages_sign_otherwise() {
    let jwks = json!({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k2", "e": "AQAB",
        "n": RSA_MODULUS}]});
    let keys = KeySet::parse(jwks.to_string().as_bytes()).unwrap();
    let secret = "the project's own secret of the old way";
    let verifier = Verifier::new(keys, secret, ISSUER);
    let mut by_rsa = Header::new(Algorithm::RS256);
    by_rsa.kid = Some("k2".to_owned());
    let by_rsa = encode(
        &by_rsa,
        &claims(),
        &EncodingKey::from_rsa_pem(RSA_KEY).unwrap(),
    )
    .unwrap();
    let by_secret = EncodingKey::from_secret(secret.as_bytes());
    let by_secret = encode(&Header::new(Algorithm::HS256), &claims(), &by_secret).unwrap();
    for token in [&by_rsa, &by_secret] {
        assert_eq!(verifier.verify(token, NOW).unwrap().email, "a@example.com");
    }
    // without that secret nobody can sign so
    let without = Verifier::new(
        KeySet::parse(jwks.to_string().as_bytes()).unwrap(),
        "",
        ISSUER,
    );
    assert_eq!(
        without.verify(&by_secret, NOW).unwrap_err(),
        TokenError::UnknownKey
    );
}

#[test]
fn a_changed_token_is_refused() {
    let issuer = issuer("k1");
    let token = sign(&issuer, "k1", &claims());
    let (head, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let changed = format!("{head}.{first}{}", &signature[1..]);
    assert_eq!(
        verifier(&issuer).verify(&changed, NOW).unwrap_err(),
        TokenError::Signature
    );
}

#[test]
fn another_key_under_the_same_name_is_refused() {
    let ours = issuer("k1");
    let forged = sign(&issuer("k1"), "k1", &claims());
    assert_eq!(
        verifier(&ours).verify(&forged, NOW).unwrap_err(),
        TokenError::Signature
    );
}

#[test]
fn an_unknown_key_is_named_as_such() {
    let ours = issuer("k1");
    assert_eq!(
        verifier(&ours)
            .verify(&sign(&ours, "k2", &claims()), NOW)
            .unwrap_err(),
        TokenError::UnknownKey
    );
}

#[test]
fn alg_none_is_refused() {
    let ours = issuer("k1");
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for head in [json!({"alg": "none", "kid": "k1"}), json!({"alg": "none"})] {
        let token = format!("{}.{}.", encode(head), encode(claims()));
        assert_eq!(
            verifier(&ours).verify(&token, NOW).unwrap_err(),
            TokenError::Malformed
        );
    }
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let ours = issuer("k1");
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".to_owned());
    let token = encode(&header, &claims(), &EncodingKey::from_secret(&ours.jwks)).unwrap();
    assert_eq!(
        verifier(&ours).verify(&token, NOW).unwrap_err(),
        TokenError::Signature
    );
}

#[test]
fn an_empty_legacy_secret_is_none() {
    let ours = issuer("k1");
    let token = encode(
        &Header::new(Algorithm::HS256),
        &claims(),
        &EncodingKey::from_secret(b""),
    )
    .unwrap();
    assert_eq!(
        verifier(&ours).verify(&token, NOW).unwrap_err(),
        TokenError::UnknownKey
    );
}

#[test]
fn claims_must_be_ours() {
    let ours = issuer("k1");
    let wrong = [
        ("iss", json!("https://elsewhere.example.com/auth/v1")),
        ("aud", json!("anon")),
        ("role", json!("service_role")),
        ("sub", json!("not-a-uuid")),
        ("iat", json!("yesterday")),
        ("email", json!("")),
        ("is_anonymous", json!(true)),
        ("nbf", json!(NOW + 3600)),
    ];
    for (name, value) in wrong {
        let mut changed = claims();
        changed[name] = value;
        let result = verifier(&ours).verify(&sign(&ours, "k1", &changed), NOW);
        assert_eq!(result.unwrap_err(), TokenError::Claims, "{name}");
    }
}

#[test]
fn what_people_say_of_themselves_never_shuts_them_out() {
    let ours = issuer("k1");
    let name = |metadata: Value| {
        let mut changed = claims();
        changed["user_metadata"] = metadata;
        let verified = verifier(&ours).verify(&sign(&ours, "k1", &changed), NOW);
        verified.unwrap().caller().full_name().map(str::to_owned)
    };
    let deep = (0..500).fold(json!(1), |inner, _| json!([inner]));
    for odd in [json!(5), json!({}), json!([]), Value::Null, json!(" ")] {
        assert_eq!(name(json!({"full_name": odd})), None, "{odd}");
        assert_eq!(name(odd), None);
    }
    assert_eq!(name(json!({"full_name": deep})), None);
    // PostgreSQL's text cannot hold U+0000
    assert_eq!(
        name(json!({"full_name": " A\u{0}n\nn "})).as_deref(),
        Some("Ann")
    );
    let long = name(json!({"full_name": "ä".repeat(1000)})).unwrap();
    assert_eq!(long.chars().count(), LONGEST_NAME);
    let mut absent = claims();
    absent.as_object_mut().unwrap().remove("user_metadata");
    assert!(
        verifier(&ours)
            .verify(&sign(&ours, "k1", &absent), NOW)
            .is_ok()
    );
}

#[test]
fn an_old_token_is_refused() {
    let ours = issuer("k1");
    let token = sign(&ours, "k1", &claims());
    let later = NOW + 60 + LEEWAY_SECONDS + 1;
    assert_eq!(
        verifier(&ours).verify(&token, later).unwrap_err(),
        TokenError::Expired
    );
}

#[test]
fn rubbish_is_refused() {
    let ours = verifier(&issuer("k1"));
    for token in ["", "a", "a.b.c", "....", &"x".repeat(100_000)] {
        assert_eq!(
            ours.verify(token, NOW).unwrap_err(),
            TokenError::Malformed,
            "{token:.20}"
        );
    }
}

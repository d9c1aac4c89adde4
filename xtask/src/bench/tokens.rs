//! Access tokens as the auth service makes them, and the keys that they are checked with.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::rand_core::OsRng;
use serde_json::{Value, json};
use uuid::Uuid;

/// `iss` of the tokens.
pub(super) const ISSUER: &str = "http://auth.bench.localhost/auth/v1";
const KEY_ID: &str = "bench";
/// Seconds for which a token holds: longer than any run.
const LIFETIME: u64 = 6 * 3600;

/// Something that signs tokens, and says by which key.
pub(super) struct Issuer {
    key: SigningKey,
    /// Where its keys are, as a base of `/auth/v1/.well-known/jwks.json`.
    pub(super) url: String,
}

impl Issuer {
    /// With a key of its own, served on a free port for the life of the process.
    pub(super) fn start() -> Result<Self> {
        let key = SigningKey::random(&mut OsRng);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let keys = keys(&key).to_string();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // a client that went away before its answer is no loss
                let _ = answer(client, &keys);
            }
        });
        Ok(Self { key, url })
    }

    /// The token of an account.
    pub(super) fn token(&self, account: Uuid, email: &str, now: u64) -> String {
        let head = json!({"alg": "ES256", "kid": KEY_ID, "typ": "JWT"});
        let claims = json!({
            "aal": "aal1", "amr": [{"method": "password", "timestamp": now}],
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "aud": "authenticated", "email": email, "exp": now + LIFETIME, "iat": now, "is_anonymous": false,
            "iss": ISSUER, "phone": "", "role": "authenticated", "session_id": Uuid::new_v4(), "sub": account,
            "user_metadata": {"email": email, "email_verified": true, "sub": account},
        });
        let signed = format!("{}.{}", encoded(&head), encoded(&claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The JWKS document.
fn keys(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_encoded_point(false);
    let number =
        |bytes: Option<&p256::FieldBytes>| bytes.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    json!({"keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
        "x": number(point.x()), "y": number(point.y()),
    }]})
}

/// Whatever was asked for, the answer is the keys.
fn answer(mut client: TcpStream, keys: &str) -> std::io::Result<()> {
    let head = BufReader::new(&client).lines();
    for line in head {
        if line?.is_empty() {
            break;
        }
    }
    write!(
        client,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{keys}",
        keys.len()
    )
}

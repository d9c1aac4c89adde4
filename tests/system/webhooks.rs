//! Stripe's deliveries: twice, forged, empty.

use hmac::{Hmac, Mac};
use platform_tests::{Answer, Platform, Replica};
use reqwest::Method;
use serde_json::json;
use sha2::Sha256;
use stripe::webhook::{Secret, sign};
use uuid::Uuid;

fn event() -> (String, String) {
    let id = format!("evt_{}", Uuid::new_v4().simple());
    let body = json!({
        "id": id, "object": "event", "type": "customer.created", "created": now(), "livemode": false,
        "api_version": "2026-10-28.endive",
        "data": {"object": {"id": "cus_nobody", "object": "customer"}},
    });
    (id, body.to_string())
}

fn now() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

async fn deliver(platform: &Platform, signature: Option<&str>, body: String) -> Answer {
    let request = platform.api(Method::POST, "/webhooks/stripe").body(body);
    let request = match signature {
        Some(signature) => request.header("stripe-signature", signature),
        None => request,
    };
    platform.send(request).await
}

#[tokio::test]
async fn a_delivery_that_comes_twice_is_stored_once() {
    let platform = Platform::get();
    let secret = Secret::new(&platform.stand_ins.stripe_webhook_secret).unwrap();
    let (id, body) = event();
    for duplicate in [false, true] {
        let signature = sign(&secret, body.as_bytes(), now());
        let receipt = deliver(&platform, Some(&signature), body.clone())
            .await
            .expect(200);
        assert_eq!(receipt, json!({"received": true, "duplicate": duplicate}));
    }
    let database = platform.database().await;
    let stored = database
        .query_one(
            "select count(*), max(deliveries) from webhook_events where id = $1",
            &[&id],
        )
        .await
        .unwrap();
    assert_eq!((stored.get::<_, i64>(0), stored.get::<_, i32>(1)), (1, 2));
}

/// While Stripe goes over to a new secret both count, and a third never does.
#[tokio::test]
async fn of_two_secrets_either_is_taken() {
    let platform = Platform::get();
    let [old, new, other] =
        ["old", "new", "other"].map(|name| format!("whsec_{name}_0123456789abcdef0123456789"));
    let both = format!("{old},{new}");
    let functions = Replica::with(&platform, &[("stripe_webhook_secrets", &both)]).await;
    for (secret, status) in [(old, 200), (new, 200), (other, 400)] {
        let (_, body) = event();
        let signature = sign(&Secret::new(&secret).unwrap(), body.as_bytes(), now());
        let url = format!("{}/webhooks/stripe", functions.url);
        let request = platform.request(Method::POST, &url);
        let request = request.header("stripe-signature", signature).body(body);
        let answer = platform.send(request).await;
        assert_eq!(answer.status, status, "{secret}: {}", answer.text);
    }
}

/// What anybody can make who hopes that the secret is not set.
fn signed_with_nothing(body: &[u8]) -> String {
    let now = now();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"").unwrap();
    mac.update(format!("{now}.").as_bytes());
    mac.update(body);
    format!("t={now},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn forged_deliveries_are_refused_and_not_stored() {
    let platform = Platform::get();
    let ours = Secret::new(&platform.stand_ins.stripe_webhook_secret).unwrap();
    let other = Secret::new("whsec_somebody_elses_secret_0123456789").unwrap();
    let (id, body) = event();
    assert!(
        Secret::new("").is_err(),
        "the code cannot even hold an empty secret"
    );
    let forged = [
        None,
        Some(String::new()),
        Some(sign(&other, body.as_bytes(), now())),
        Some(signed_with_nothing(body.as_bytes())),
        Some(sign(&ours, b"another body", now())),
        Some(sign(&ours, body.as_bytes(), now() - 301)),
        Some(sign(&ours, body.as_bytes(), now() + 302)),
        Some("t=1,t=2,v1=00".to_owned()),
        Some("v1=00".repeat(5000)),
    ];
    for signature in forged {
        let answer = deliver(&platform, signature.as_deref(), body.clone()).await;
        assert!(
            [400, 431].contains(&answer.status),
            "{signature:?}: {}",
            answer.text
        );
    }
    let database = platform.database().await;
    let stored = database
        .query_one("select count(*) from webhook_events where id = $1", &[&id])
        .await;
    assert_eq!(stored.unwrap().get::<_, i64>(0), 0);
}

//! Bodies that are too large, unreadable, of the wrong kind, or hold what is not asked for.

use platform_tests::{Account, Answer, Door, Platform, Replica};
use reqwest::{Body, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::{is_problem, is_shared};
use crate::document::{Operation, operations};
use crate::stage::{Stage, an_event};
use crate::table::row;

/// One more than is taken.
const TOO_LARGE: usize = 1024 * 1024 + 1;
const JSON: &str = "application/json";

struct Writer {
    platform: Platform,
    door: Door,
    account: Account,
    // ended with the test
    _replica: Replica,
}

/// Every write but Stripe's, whose bodies are opened only when their signature holds.
async fn writes() -> (Writer, Vec<Operation>) {
    let platform = Platform::get();
    let limits = "read=1000,write=1000,start=1000,destructive=1000,anonymous=1000";
    let replica = Replica::start(&platform, limits).await;
    let writer = Writer {
        account: Account::sign_up(&platform).await,
        door: Door::to(&platform, &replica.url).of_a_page(&platform),
        platform,
        _replica: replica,
    };
    let mut operations = operations(&writer.door).await;
    operations.retain(|operation| {
        operation.is_write() && operation.security.as_deref() != Some("stripe")
    });
    (writer, operations)
}

impl Writer {
    async fn send(&self, operation: &Operation, kind: &str, body: impl Into<Body>) -> Answer {
        let row = row(operation);
        let bearer = if operation.is_a_machines() {
            row.key(&self.platform)
        } else {
            &self.account.token
        };
        let request = self
            .door
            .request(
                operation.method.clone(),
                &operation.path_of(i64::from(i32::MAX)),
            )
            .bearer_auth(bearer)
            .header("content-type", kind)
            .body(body);
        let answer = self.platform.send(request).await;
        if answer.status >= 400 {
            is_problem(&operation.call(), &answer);
            is_shared(&operation.call(), &answer, &self.platform);
        }
        answer
    }
}

#[tokio::test]
async fn every_write_refuses_bodies_that_it_cannot_use() {
    let (writer, operations) = writes().await;
    for operation in &operations {
        too_large(&writer, operation).await;
        unreadable(&writer, operation).await;
    }
    let mut tried = 0;
    for operation in &operations {
        tried += wrong_fields(&writer, operation).await;
    }
    assert!(tried > 0, "some operation takes a body");
}

/// By its bytes, whether their number is told before or not.
async fn too_large(writer: &Writer, operation: &Operation) {
    let chunks = (0..TOO_LARGE).step_by(1024).map(|at| {
        let length = 1024.min(TOO_LARGE - at);
        Ok::<_, std::io::Error>(vec![b' '; length])
    });
    let chunked = Body::wrap_stream(futures::stream::iter(chunks));
    for body in [vec![b' '; TOO_LARGE].into(), chunked] {
        let answer = writer.send(operation, JSON, body).await;
        expect(operation, &answer, 413, "body_too_large", "");
    }
}

async fn unreadable(writer: &Writer, operation: &Operation) {
    for malformed in ["{", "{]", "[1,]", "\u{feff}{}", r#"{"a":"\u0000"}"#] {
        let answer = writer.send(operation, JSON, malformed).await;
        expect(operation, &answer, 400, "malformed", malformed);
    }
    let not_utf8 = writer.send(operation, JSON, vec![b'"', 0xff, b'"']).await;
    expect(operation, &not_utf8, 400, "malformed", "not UTF-8");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let answer = writer.send(operation, kind, "{}").await;
        expect(operation, &answer, 415, "unsupported_media_type", kind);
    }
    for not_an_object in ["5", "\"text\"", "null", "[1]", "[]"] {
        let answer = writer.send(operation, JSON, not_an_object).await;
        expect(operation, &answer, 422, "invalid_field", not_an_object);
    }
    let unknown = json!({"unheard_of": 1}).to_string();
    let answer = writer.send(operation, JSON, unknown).await;
    expect(operation, &answer, 422, "invalid_field", "an unknown field");
    assert_eq!(field(&answer), "unheard_of", "{}", operation.call());
}

/// Each field of the body with values of other types than the document's. Answers how many were tried.
async fn wrong_fields(writer: &Writer, operation: &Operation) -> usize {
    let Some(schema) = &operation.body else {
        return 0;
    };
    let mut tried = 0;
    for (name, property) in schema["properties"].as_object().unwrap() {
        let wrong = [json!(5), json!({}), json!([]), json!(true), Value::Null];
        for value in wrong.iter().filter(|value| !allows(property, value)) {
            let body = with_required(schema, name, value).to_string();
            let answer = writer.send(operation, JSON, body.clone()).await;
            expect(operation, &answer, 422, "invalid_field", &body);
            assert_eq!(&field(&answer), name, "{}: {body}", operation.call());
            tried += 1;
        }
    }
    tried
}

#[tokio::test]
async fn a_delivery_that_is_too_large_is_refused_unread() {
    let platform = Platform::get();
    let door = Door::of(&platform);
    let request = door
        .request(Method::POST, "/webhooks/stripe")
        .header("stripe-signature", "t=1,v1=00")
        .body(vec![b' '; TOO_LARGE]);
    platform
        .send(request)
        .await
        .expect_problem(413, "body_too_large");
}

/// Stripe repeats for three days what is answered with a failure of ours.
#[tokio::test]
async fn a_signed_delivery_that_cannot_be_kept_is_refused() {
    let stage = Stage::set().await;
    let with = |pointer: &str, value: Value| {
        let mut event = an_event();
        *event.pointer_mut(pointer).unwrap() = value;
        event.to_string()
    };
    let long = "x".repeat(3000);
    for odd in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "5".to_owned(),
        with("/id", Value::Null),
        with("/id", json!("")),
        with("/id", json!(long)),
        with("/id", json!("evt_\u{0}")),
        with("/type", json!("a\u{0}b")),
        with("/data/object/id", json!(long)),
        with("/data/object/id", json!("cus_\u{0}")),
        with("/data/object/object", json!({"\u{0}": 1})),
        with("/created", json!(i64::MAX)),
        with("/created", json!(i64::MIN)),
        with("/created", json!(-1)),
        with("/created", json!(1e300)),
        with("/livemode", json!("yes")),
    ] {
        let answer = stage.deliver(Method::POST, odd.clone()).await;
        assert_eq!(answer.status, 400, "{odd:.300}: {}", answer.text);
        is_problem("a delivery", &answer);
    }
    let good = stage.deliver(Method::POST, an_event().to_string()).await;
    good.expect(200);
}

#[track_caller]
fn expect(operation: &Operation, answer: &Answer, status: u16, code: &str, sent: &str) {
    let found = answer.json()["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let what = operation.call();
    assert_eq!(
        (answer.status, found.as_str()),
        (status, code),
        "{what}: {sent}: {}",
        answer.text
    );
}

fn allows(property: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &property["type"] {
        Value::Array(kinds) => kinds.iter().any(|known| known == kind),
        known => known == kind,
    }
}

/// A body with this field wrong and the other required ones there.
fn with_required(schema: &Value, wrong: &str, value: &Value) -> Value {
    let mut body = json!({});
    for name in schema["required"]
        .as_array()
        .map_or(&[] as &[Value], Vec::as_slice)
    {
        let name = name.as_str().unwrap();
        let property = &schema["properties"][name];
        body[name] = match (property["type"].as_str(), property["format"].as_str()) {
            (Some("boolean"), _) => json!(true),
            (_, Some("uuid")) => json!(Uuid::nil()),
            _ => json!("text"),
        };
    }
    body[wrong] = value.clone();
    body
}

fn field(answer: &Answer) -> String {
    answer.json()["errors"][0]["field"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

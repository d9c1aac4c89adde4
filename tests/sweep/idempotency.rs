//! `Idempotency-Key`: done once, answered the same, for every POST that takes one.

use platform_tests::{Account, Answer, Door, Platform};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::callers::is_problem;
use crate::document::{Operation, operations};
use crate::table::row;

struct Sender {
    platform: Platform,
    door: Door,
    account: Account,
}

impl Sender {
    async fn new() -> Self {
        let platform = Platform::get();
        Self {
            door: Door::of(&platform),
            account: Account::arrive(&platform).await,
            platform,
        }
    }

    /// Who may call an operation.
    async fn of(operation: &Operation) -> Self {
        let sender = Self::new().await;
        if operation.is_an_admins() {
            sender.account.post("/my/account/setup").await.expect(200);
            let database = sender.platform.database().await;
            let promote = "update accounts set is_admin = true where id = $1";
            let promoted = database.execute(promote, &[&sender.account.id]).await;
            assert_eq!(promoted.unwrap(), 1);
        }
        sender
    }

    async fn post(
        &self,
        operation: &Operation,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Answer {
        let row = row(operation);
        let bearer = if operation.is_a_machines() {
            row.key(&self.platform)
        } else {
            &self.account.token
        };
        let request = self
            .door
            .request(Method::POST, path)
            .bearer_auth(bearer)
            .header("idempotency-key", key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.platform.send(request).await
    }
}

/// Everything that takes a key.
async fn commands(door: &Door) -> Vec<Operation> {
    let mut operations = operations(door).await;
    operations.retain(Operation::takes_key);
    operations
}

/// What the operation does something with.
fn body(operation: &Operation) -> Option<Value> {
    row(operation).body
}

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == "true"
}

#[tokio::test]
async fn every_command_is_done_once_for_one_key() {
    let sender = Sender::new().await;
    for operation in commands(&sender.door).await {
        // an account for each, so that no limit is met
        let sender = Sender::of(&operation).await;
        let what = operation.call();
        let key = Uuid::new_v4().to_string();
        let path = operation.path_of(i64::from(i32::MAX));
        let send = || async {
            let body = body(&operation);
            sender.post(&operation, &path, &key, body.as_ref()).await
        };
        let first = send().await;
        assert!(
            first.status < 500 && !replayed(&first),
            "{what}: {}",
            first.text
        );
        let again = send().await;
        assert!(replayed(&again), "{what}: {}", again.text);
        assert_eq!(again.status, first.status, "{what}");
        assert_eq!(without_id(&again), without_id(&first), "{what}");
        another_request_is_refused(&sender, &operation, &key).await;
        another_key_is_another_command(&sender, &operation).await;
        bad_keys_are_refused(&Sender::of(&operation).await, &operation).await;
    }
}

/// A problem carries the id of the request that it answers.
fn without_id(answer: &Answer) -> Value {
    let mut body = answer.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    body
}

async fn another_request_is_refused(sender: &Sender, operation: &Operation, key: &str) {
    let other_path = operation.path_of(i64::from(i32::MAX - 1));
    let body = body(operation).unwrap_or(json!({}));
    let answer = sender
        .post(operation, &format!("{other_path}?other"), key, Some(&body))
        .await;
    answer.expect_problem(422, "idempotency_key_reused");
    is_problem(&operation.call(), &answer);
}

async fn another_key_is_another_command(sender: &Sender, operation: &Operation) {
    let body = body(operation);
    let path = operation.path_of(i64::from(i32::MAX));
    let other = sender
        .post(operation, &path, &Uuid::new_v4().to_string(), body.as_ref())
        .await;
    assert!(!replayed(&other), "{}", operation.call());
}

async fn bad_keys_are_refused(sender: &Sender, operation: &Operation) {
    let path = operation.path_of(i64::from(i32::MAX));
    for ugly in ["", "with space", &"x".repeat(256)] {
        let answer = sender.post(operation, &path, ugly, None).await;
        answer.expect_problem(400, "invalid_idempotency_key");
        is_problem(&operation.call(), &answer);
    }
}

#[tokio::test]
async fn a_key_is_its_callers_alone() {
    let (one, other) = (Sender::new().await, Sender::new().await);
    let operations = commands(&one.door).await;
    let setup = find(&operations, "/my/account/setup");
    let key = Uuid::new_v4().to_string();
    let first = one.post(setup, &setup.path, &key, None).await.expect(200);
    let second = other.post(setup, &setup.path, &key, None).await;
    assert!(!replayed(&second));
    assert_eq!(first["account_id"], json!(one.account.id));
    assert_eq!(second.json()["account_id"], json!(other.account.id));
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let sender = Sender::new().await;
    let operations = commands(&sender.door).await;
    let setup = find(&operations, "/my/account/setup");
    let key = Uuid::new_v4().to_string();
    let all = (0..8).map(|_| sender.post(setup, &setup.path, &key, None));
    let mut done = 0;
    for answer in futures::future::join_all(all).await {
        if answer.status == 409 {
            answer.expect_problem(409, "idempotency_key_in_use");
        } else {
            done += usize::from(!replayed(&answer));
            answer.expect(200);
        }
    }
    assert_eq!(done, 1);
}

#[tokio::test]
async fn a_command_under_way_is_not_begun_again() {
    let sender = Sender::new().await;
    let operations = commands(&sender.door).await;
    let setup = find(&operations, "/my/account/setup");
    let key = Uuid::new_v4().to_string();
    let send = || sender.post(setup, &setup.path, &key, None);
    // as the statement of a request with this key holds it
    let mut database = sender.platform.database().await;
    let under_way = database.transaction().await.unwrap();
    let name = format!("idempotency {} {} {key}", sender.account.id, setup.call());
    let take = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
    under_way.execute(take, &[&name]).await.unwrap();
    let second = send().await;
    second.expect_problem(409, "idempotency_key_in_use");
    assert_eq!(second.header("retry-after"), "1");
    under_way.rollback().await.unwrap();
    let third = send().await;
    assert!(!replayed(&third));
    third.expect(200);
}

#[tokio::test]
async fn a_request_that_died_is_done_by_the_next_one() {
    let sender = Sender::new().await;
    let operations = commands(&sender.door).await;
    let checkout = find(&operations, "/stripe/checkout");
    let (key, wanted) = (Uuid::new_v4().to_string(), body(checkout));
    let send = || sender.post(checkout, &checkout.path, &key, wanted.as_ref());
    let first = send().await.expect(200);
    let database = sender.platform.database().await;
    let forget =
        "update idempotency_keys set answer = null, claimed_until = now() + $2::text::interval
        where key = $1";
    // its function ended before it could keep its answer, and may still be at it
    database
        .execute(forget, &[&key, &"1 minute"])
        .await
        .unwrap();
    send().await.expect_problem(409, "idempotency_key_in_use");
    // until it cannot be any more
    database
        .execute(forget, &[&key, &"-1 second"])
        .await
        .unwrap();
    let again = send().await;
    assert!(!replayed(&again));
    assert_eq!(
        again.expect(200),
        first,
        "the page that Stripe has for this key"
    );
    assert!(replayed(&send().await));
    // a day later the key is free
    let age = "update idempotency_keys set created_at = now() - interval '25 hours' where key = $1";
    assert_eq!(database.execute(age, &[&key]).await.unwrap(), 1);
    assert!(!replayed(&send().await));
}

fn find<'a>(operations: &'a [Operation], path: &str) -> &'a Operation {
    operations
        .iter()
        .find(|operation| operation.path == path)
        .unwrap()
}

//! Every cell of `callers.toml`, run; and what the proper calls leave in the audit log.

use std::time::Duration;

use platform_tests::{Account, Answer, Door, Platform, until};
use reqwest::Method;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::document::{Operation, operations};
use crate::stage::{Stage, wrong_method};
use crate::table::{First, Row, Then, rows};

#[tokio::test]
async fn everybody_gets_what_the_list_says() {
    let mut stage = Stage::set().await;
    let operations = operations(&stage.door).await;
    let rows = rows(&operations);
    let (last, first): (Vec<_>, Vec<_>) = rows.iter().partition(|(row, _)| row.last);
    for (row, operation) in &first {
        proper(&mut stage, row, operation).await;
    }
    for (row, operation) in &rows {
        // an address for each, so that the strangers' limit is not met
        stage.door = Door::of(&stage.platform);
        others(&stage, row, operation, wrong_method(operation, &operations)).await;
    }
    stage.change_admin().await;
    for (row, operation) in &last {
        proper(&mut stage, row, operation).await;
    }
    if !stage.instance.is_null() {
        stage.owner.awaits(&stage.instance, "deprovisioned").await;
    }
}

/// The call by whom it is for, and what it leaves behind.
async fn proper(stage: &mut Stage, row: &Row, operation: &Operation) {
    let database = stage.platform.database().await;
    match row.first {
        Some(First::QueuedJob) => stage.make_job("queued").await,
        Some(First::DeadJob) => stage.make_job("dead").await,
        Some(First::SpareInstance) => stage.make_spare().await,
        Some(First::StoredEvent) => stage.store_event().await,
        Some(First::InError) => stage.break_instance().await,
        Some(First::Settled) => stage.settle().await,
        Some(First::NewSubject) => stage.subject = Account::sign_up(&stage.platform).await,
        Some(First::DueCheck) | None => {}
    }
    let (answer, key) = match row.first {
        Some(First::DueCheck) => check_when_due(stage, row, operation, &database).await,
        _ => once(stage, row, operation).await,
    };
    check(row, "proper", &row.proper, &answer);
    documented(operation, &answer);
    let kept = row.cache.as_deref().unwrap_or("no-store");
    assert_eq!(answer.header("cache-control"), kept, "{}", row.call);
    audited(stage, row, operation, &answer, &database).await;
    if let Some(key) = key {
        done_once(stage, row, operation, (&answer, &key), &database).await;
    }
    let body = answer.json();
    match row.then {
        None => {}
        Some(Then::Pay) => {
            stage.owner.pay_at(body["url"].as_str().unwrap()).await;
            stage.owner.subscribed("hobby").await;
        }
        Some(Then::AwaitRunning) => {
            stage.instance = stage.owner.awaits(&body["instance"], "running").await;
        }
    }
}

/// Under an idempotency key of its own where it takes one.
async fn once(stage: &Stage, row: &Row, operation: &Operation) -> (Answer, Option<String>) {
    let key = operation.takes_key().then(|| Uuid::new_v4().to_string());
    let method = operation.method.clone();
    let answer = stage
        .call_properly(row, operation, method, key.as_deref())
        .await;
    (answer, key)
}

/// The platform's own timer may take the instance first, hence again until this call was the one.
async fn check_when_due(
    stage: &Stage,
    row: &Row,
    operation: &Operation,
    database: &Client,
) -> (Answer, Option<String>) {
    until("a check of our own", Duration::from_secs(30), async || {
        let id = i32::try_from(stage.instance_id()).unwrap();
        let due = "update instances set next_check_at = now() - interval '1 second' where instance_id = $1";
        database.execute(due, &[&id]).await.unwrap();
        let (answer, key) = once(stage, row, operation).await;
        (answer.status != 200 || answer.json()["checked"] != 0).then_some((answer, key))
    })
    .await
}

/// What was really done is not done again under the same key.
async fn done_once(
    stage: &Stage,
    row: &Row,
    operation: &Operation,
    (first, key): (&Answer, &str),
    database: &Client,
) {
    let before = footprint(stage, database).await;
    let method = operation.method.clone();
    let again = stage.call_properly(row, operation, method, Some(key)).await;
    assert_eq!(again.header("idempotent-replayed"), "true", "{}", row.call);
    assert_eq!(
        (again.status, again.json()),
        (first.status, first.json()),
        "{}",
        row.call
    );
    // that an admin called is kept all the same
    let entries = "select count(*) from audit_logs where request_id = $1 and action <> $2";
    let entries = database
        .query_one(entries, &[&again.header("x-request-id"), &row.call])
        .await
        .unwrap();
    assert_eq!(entries.get::<_, i64>(0), 0, "{}: audited again", row.call);
    assert_eq!(footprint(stage, database).await, before, "{}", row.call);
}

/// How much the owner's commands have done so far.
async fn footprint(stage: &Stage, database: &Client) -> Value {
    let counts = "select jsonb_build_object(
        'subscriptions', (select count(*) from subscriptions where account_id = $1),
        'checkouts', (select count(*) from checkout_sessions where account_id = $1),
        'instances', (select count(*) from instances where account_id = $1),
        'wishes', (select sum(desired_gen) from instances where account_id = $1),
        'restarts', (select sum(restart_gen) from instances where account_id = $1),
        'events', (select count(*) from instance_events where account_id = $1 and kind = 'wish'))";
    let row = database.query_one(counts, &[&stage.owner.id]).await;
    row.unwrap().get(0)
}

async fn audited(
    stage: &Stage,
    row: &Row,
    operation: &Operation,
    answer: &Answer,
    database: &Client,
) {
    let Some(action) = &row.audit else {
        assert!(
            !operation.is_write(),
            "{}: every write is audited",
            row.call
        );
        return;
    };
    let entries = database
        .query(
            "select actor_type, actor_id, ip_address from audit_logs where request_id = $1 and action = $2",
            &[&answer.header("x-request-id"), action],
        )
        .await
        .unwrap();
    assert_eq!(entries.len(), 1, "{}: one entry `{action}`", row.call);
    let (kind, actor) = match operation.security.as_deref() {
        Some("stripe") => ("stripe", None),
        // a key is called what it is for
        Some("system") => ("system", row.scope.clone()),
        _ if operation.is_an_admins() => ("admin", Some(stage.admin.id.to_string())),
        _ => ("account", Some(stage.owner.id.to_string())),
    };
    assert_eq!(entries[0].get::<_, String>(0), kind, "{}", row.call);
    assert_eq!(
        entries[0].get::<_, Option<String>>(1),
        actor,
        "{}",
        row.call
    );
    assert_eq!(
        entries[0].get::<_, Option<String>>(2).as_deref(),
        Some(stage.door.address.as_str())
    );
}

/// Everybody else's cells.
async fn others(stage: &Stage, row: &Row, operation: &Operation, wrong_method: Method) {
    let token = |account: &Account| Some(account.token.clone());
    let machine = Some(row.other_key(&stage.platform).to_owned());
    let bearers = [
        ("nobody", &row.nobody, None),
        ("stranger", &row.stranger, token(&stage.stranger)),
        ("suspended", &row.suspended, token(&stage.suspended)),
        ("deleted", &row.deleted, token(&stage.deleted)),
        ("admin", &row.admin, token(&stage.admin)),
        ("wrong_scope", &row.wrong_scope, machine),
    ];
    for (who, expected, bearer) in bearers {
        let bearer = bearer.as_deref();
        let answer = stage
            .call(operation.method.clone(), row, operation, bearer)
            .await;
        check(row, who, expected, &answer);
        documented(operation, &answer);
        if who != "admin" {
            nothing_leaks(stage, row, who, &answer);
        }
    }
    let answer = stage
        .call_properly(row, operation, wrong_method, None)
        .await;
    check(row, "wrong_method", &row.wrong_method, &answer);
}

fn check(row: &Row, who: &str, expected: &str, answer: &Answer) {
    let found = match answer.json()["code"].as_str() {
        Some(code) if answer.status >= 400 => format!("{} {code}", answer.status),
        _ => answer.status.to_string(),
    };
    assert_eq!(found, expected, "{} as {who}: {}", row.call, answer.text);
    if answer.status >= 400 {
        is_problem(&row.call, answer);
    }
}

pub(crate) fn documented(operation: &Operation, answer: &Answer) {
    let known = operation.statuses.contains(&answer.status);
    assert!(
        known,
        "{}: the document does not name {}",
        operation.call(),
        answer.status
    );
}

/// What a caller who may not see the owner's things got does not name them.
fn nothing_leaks(stage: &Stage, row: &Row, who: &str, answer: &Answer) {
    let secrets = [
        stage.owner.id.to_string(),
        stage.owner.email.clone(),
        stage.instance["id"].as_str().unwrap_or_default().to_owned(),
    ];
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(
            !answer.text.contains(secret.as_str()),
            "{} tells {who} {secret}",
            row.call
        );
    }
}

/// The portal's pages may read it.
pub(crate) fn is_shared(what: &str, answer: &Answer, platform: &Platform) {
    let allowed = answer.header("access-control-allow-origin");
    assert_eq!(allowed, platform.app, "{what}: {}", answer.status);
}

/// The shape of every error.
pub(crate) fn is_problem(what: &str, answer: &Answer) {
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}: {}",
        answer.text
    );
    let problem = answer.json();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(problem["status"], answer.status, "{what}: {problem}");
    assert_eq!(
        text("request_id"),
        answer.header("x-request-id"),
        "{what}: {problem}"
    );
    for name in ["type", "title", "detail", "code"] {
        assert!(!text(name).is_empty(), "{what}: no {name} in {problem}");
    }
    let is_snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    assert!(text("code").chars().all(is_snake), "{what}: {problem}");
    if answer.status == 422 {
        let errors = problem["errors"]
            .as_array()
            .map_or(&[] as &[Value], Vec::as_slice);
        assert!(!errors.is_empty(), "{what}: no field in {problem}");
        for error in errors {
            assert!(
                error["field"].is_string() && error["message"].is_string(),
                "{what}: {problem}"
            );
        }
    }
    if [429, 503].contains(&answer.status) {
        let seconds: u32 = answer.header("retry-after").parse().unwrap();
        assert!(seconds <= 60, "{what}");
    }
}

#[tokio::test]
async fn the_audit_log_only_grows() {
    let stage = Stage::set().await;
    let database = stage.platform.database().await;
    for statement in [
        "update audit_logs set reason = 'changed'",
        "delete from audit_logs",
        "truncate audit_logs",
    ] {
        let refused = database.execute(statement, &[]).await.unwrap_err();
        let text = refused.as_db_error().unwrap().message().to_owned();
        assert!(text.contains("append-only"), "{statement}: {text}");
    }
}

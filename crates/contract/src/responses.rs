//! What an operation can answer, as the document says it.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

use crate::openapi::reference;
use crate::operations::{Audience, Operation};

/// The responses of one operation, by status.
pub(crate) fn of(operation: &Operation, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let mut responses = Map::new();
    let schema = operation
        .answer
        .map_or(json!({"type": "object"}), |s| reference(s, schemas));
    responses.insert(operation.success.to_string(), done(operation, &schema));
    if let Some((status, schema)) = operation.other {
        let schema = reference(schema, schemas);
        let mut response = body(title(status), &schema);
        response["headers"] = headers(refusal_headers(status));
        responses.insert(status.to_string(), response);
    }
    if operation.is_cached() {
        let response = json!({"description": title(304), "headers": headers(&["X-Request-Id"])});
        responses.insert("304".to_owned(), response);
    }
    for status in problems(operation) {
        responses
            .entry(status.to_string())
            .or_insert_with(|| problem(status));
    }
    Value::Object(responses)
}

fn done(operation: &Operation, schema: &Value) -> Value {
    let mut names = vec!["X-Request-Id"];
    if matches!(operation.audience, Audience::Account | Audience::Admin) {
        names.extend(["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]);
    }
    if operation
        .query
        .iter()
        .any(|parameter| parameter.name == "_start")
    {
        names.push("X-Total-Count");
    }
    if operation.takes_key() {
        names.push("Idempotent-Replayed");
    }
    let mut response = if operation.is_text() {
        json!({"description": "Done", "content": {"text/plain": {"schema": {"type": "string"}}}})
    } else {
        body("Done", schema)
    };
    if operation.is_csv_too() {
        response["content"]["text/csv"] = json!({"schema": {"type": "string"}});
    }
    response["headers"] = headers(&names);
    response
}

fn problem(status: u16) -> Value {
    json!({"description": title(status), "headers": headers(refusal_headers(status)),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}})
}

fn refusal_headers(status: u16) -> &'static [&'static str] {
    match status {
        429 | 503 => &["X-Request-Id", "Retry-After"],
        _ => &["X-Request-Id"],
    }
}

fn body(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn headers(names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| {
            let shared = json!({"$ref": format!("#/components/headers/{name}")});
            ((*name).to_owned(), shared)
        })
        .collect()
}

/// Headers that many responses share.
pub(crate) fn shared_headers() -> Value {
    let number = |meaning: &str| json!({"description": meaning, "required": true, "schema": {"type": "integer", "minimum": 0}});
    json!({
        "X-Request-Id": {"description": "The request's name in our log; the client's own when it sent a sane one",
            "required": true, "schema": {"type": "string"}},
        "RateLimit-Limit": number("Requests a minute"),
        "RateLimit-Remaining": number("How many of them are left"),
        "RateLimit-Reset": number("Seconds until the minute ends"),
        "Retry-After": number("Seconds after which to come back"),
        "X-Total-Count": number("Rows in all"),
        "Idempotent-Replayed": {"description": "Nothing was done: this is an earlier answer",
            "required": false, "schema": {"type": "string", "enum": ["true"]}},
    })
}

/// The operation's own problems, those of its audience and those of its method.
fn problems(operation: &Operation) -> Vec<u16> {
    // a host that is not ours is malformed everywhere
    let audience: &[u16] = match operation.audience {
        Audience::Public => &[400],
        Audience::Account | Audience::Admin | Audience::System => &[400, 401, 403, 429, 503],
        Audience::Stripe => &[400, 413, 503],
    };
    let written: &[u16] = match operation.audience {
        Audience::Public | Audience::Stripe => &[],
        _ if operation.method == Method::GET => &[],
        _ => &[413, 415, 422],
    };
    let query: &[u16] = if operation.query.is_empty() {
        &[]
    } else {
        &[422]
    };
    let key: &[u16] = if operation.takes_key() { &[409] } else { &[] };
    let mut all = [audience, written, query, key, operation.problems].concat();
    if operation.path.contains('{') {
        all.push(404);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn title(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or("Problem")
}

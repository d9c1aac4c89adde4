//! The OpenAPI 3.1 document, made from the list of operations and the types' schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::operations::{Audience, OPERATIONS, Operation, SchemaOf};
use crate::{FieldError, Kind, Problem, responses};

/// The document. The same text for the same code: it is committed and compared.
pub fn openapi() -> Value {
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    schemas.insert(Problem::name().into_owned(), Problem::schema());
    schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in OPERATIONS {
        let method = operation.method.as_str().to_ascii_lowercase();
        paths
            .entry(operation.path)
            .or_default()
            .insert(method, describe(operation, &mut schemas));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "MindRoom platform",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": responses::shared_headers(),
            "parameters": shared_parameters(),
            "securitySchemes": {
                "account": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "Supabase access token"},
                "system": {"type": "http", "scheme": "bearer", "description": "A machine's key"},
                "stripe": {"type": "apiKey", "in": "header", "name": "Stripe-Signature"},
            },
        },
    })
}

fn describe(operation: &Operation, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let mut description = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [operation.path.split('/').nth(1).unwrap_or_default()],
        "parameters": parameters(operation),
        "responses": responses::of(operation, schemas),
        "security": security(operation.audience),
    });
    if let Some(schema) = operation.request {
        description["requestBody"] = json!({
            "required": must_be_sent(schema),
            "content": {"application/json": {"schema": reference(schema, schemas)}},
        });
    }
    description
}

/// Whether a body must be sent: not where all of its fields may be left out.
fn must_be_sent(schema: SchemaOf) -> bool {
    let (_, all) = schema();
    let required = all
        .first()
        .map(|(_, own)| json!(own)["required"].as_array().map_or(0, Vec::len));
    required.is_some_and(|fields| fields > 0)
}

/// `POST /my/instances/{id}/start` becomes `postMyInstancesIdStart`. An underscore stays: some paths have a former
/// name that differs by it alone.
fn operation_id(operation: &Operation) -> String {
    let mut id = operation.method.as_str().to_ascii_lowercase();
    for word in operation
        .path
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|w| !w.is_empty())
    {
        id.extend(word.chars().take(1).map(|c| c.to_ascii_uppercase()));
        id.push_str(&word[1..]);
    }
    id
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let segments = operation.path.split('/');
    let named = segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let named = named.map(|name| {
        let (meaning, schema) = path_parameter(operation.path, name);
        json!({"name": name, "in": "path", "required": true, "description": meaning, "schema": schema})
    });
    let query = operation.query.iter().map(|parameter| {
        json!({"name": parameter.name, "in": "query", "required": false,
            "description": parameter.meaning, "schema": kind(parameter.kind)})
    });
    let key = operation
        .takes_key()
        .then(|| json!({"$ref": "#/components/parameters/IdempotencyKey"}));
    named.chain(query).chain(key).collect()
}

/// What a segment that varies says, and what it may be.
fn path_parameter(path: &str, name: &str) -> (&'static str, Value) {
    match name {
        "id" if path.contains("/jobs/") => ("The job's number", number("int64")),
        "id" if path.contains("/accounts/") => (
            "The account's id",
            json!({"type": "string", "format": "uuid"}),
        ),
        "id" if path.contains("/webhook-events/") => (
            "Stripe's id of the event",
            json!({"type": "string", "maxLength": 255, "pattern": "^[A-Za-z0-9_]+$"}),
        ),
        "id" => ("The instance's number", number("int32")),
        "plan" => (
            "byok, hobby or pro",
            json!({"type": "string", "pattern": "^(byok|hobby|pro)$"}),
        ),
        "cycle" => (
            "monthly or yearly",
            json!({"type": "string", "pattern": "^(monthly|yearly)$"}),
        ),
        _ => (
            "Any text; what is wrong with it is the answer",
            json!({"type": "string", "minLength": 1, "maxLength": 100}),
        ),
    }
}

fn number(format: &str) -> Value {
    json!({"type": "integer", "format": format, "minimum": 1})
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Number(least, most) => {
            json!({"type": "integer", "format": "int64", "minimum": least, "maximum": most})
        }
        Kind::Text(longest) => json!({"type": "string", "maxLength": longest}),
        Kind::Uuid => json!({"type": "string", "format": "uuid"}),
        // a pattern and not an `enum`: clients in other languages make a type of each enum, and break when a list
        // can be sorted by one field more
        Kind::Word(words) => {
            json!({"type": "string", "pattern": format!("^({})$", words.join("|"))})
        }
    }
}

/// Parameters that many operations share.
fn shared_parameters() -> Value {
    json!({
        "IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Done once for one key, and the same answer again for 24 hours (then with \
                `Idempotent-Replayed: true`). Under way: 409; with another request: 422",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}},
    })
}

fn security(audience: Audience) -> Value {
    match audience {
        Audience::Public => json!([]),
        Audience::Account | Audience::Admin => json!([{"account": []}]),
        Audience::System => json!([{"system": []}]),
        Audience::Stripe => json!([{"stripe": []}]),
    }
}

pub(crate) fn reference(schema: SchemaOf, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let (name, all) = schema();
    schemas.extend(all);
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi();
        let text = document.to_string();
        for part in text.split("#/components").skip(1) {
            let pointer = part.split('"').next().unwrap();
            let found = document["components"].pointer(pointer);
            assert!(found.is_some(), "{pointer}");
        }
    }

    #[test]
    fn operation_ids_are_unique() {
        let mut ids: Vec<_> = OPERATIONS.iter().map(operation_id).collect();
        ids.sort();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}

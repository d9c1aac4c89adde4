//! The OpenAPI 3.1 document, made from the list of operations and the types' schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::operations::{Audience, OPERATIONS, Operation, SchemaOf};
use crate::{FieldError, Problem};

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
        "responses": responses(operation, schemas),
        "security": security(operation.audience),
    });
    if let Some(schema) = operation.request {
        description["requestBody"] = json!({
            "required": true,
            "content": {"application/json": {"schema": reference(schema, schemas)}},
        });
    }
    description
}

/// `POST /my/instances/{id}/start` becomes `postMyInstancesIdStart`.
fn operation_id(operation: &Operation) -> String {
    let mut id = operation.method.as_str().to_ascii_lowercase();
    for word in operation
        .path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
    {
        id.extend(word.chars().take(1).map(|c| c.to_ascii_uppercase()));
        id.push_str(&word[1..]);
    }
    id
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let id = operation.path.contains("{id}").then(|| {
        json!({"name": "id", "in": "path", "required": true, "description": "The instance's number",
            "schema": {"type": "integer", "format": "int32"}})
    });
    let query = operation.query.iter().map(|(name, kind, meaning)| {
        json!({"name": name, "in": "query", "required": false, "description": meaning,
            "schema": {"type": kind}})
    });
    id.into_iter().chain(query).collect()
}

fn responses(operation: &Operation, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let mut responses = Map::new();
    let schema = operation
        .answer
        .map_or(json!({"type": "object"}), |s| reference(s, schemas));
    responses.insert(
        operation.success.to_string(),
        json!({"description": "Done", "content": {"application/json": {"schema": schema}}}),
    );
    for status in problems(operation) {
        responses.entry(status.to_string()).or_insert_with(|| {
            json!({"description": title(status), "content": {"application/problem+json":
                {"schema": {"$ref": "#/components/schemas/Problem"}}}})
        });
    }
    Value::Object(responses)
}

/// The operation's own problems and those of its audience.
fn problems(operation: &Operation) -> Vec<u16> {
    let common: &[u16] = match operation.audience {
        Audience::Public => &[],
        Audience::Account | Audience::Admin => &[401, 403, 429, 503],
        Audience::System => &[401, 403, 503],
        Audience::Stripe => &[400, 413, 503],
    };
    let query: &[u16] = if operation.query.is_empty() {
        &[]
    } else {
        &[422]
    };
    let body: &[u16] = if operation.request.is_some() {
        &[400, 413, 415, 422]
    } else {
        &[]
    };
    let mut all = [common, query, body, operation.problems].concat();
    if operation.path.contains("{id}") {
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

fn security(audience: Audience) -> Value {
    match audience {
        Audience::Public => json!([]),
        Audience::Account | Audience::Admin => json!([{"account": []}]),
        Audience::System => json!([{"system": []}]),
        Audience::Stripe => json!([{"stripe": []}]),
    }
}

fn reference(schema: SchemaOf, schemas: &mut BTreeMap<String, RefOr<Schema>>) -> Value {
    let (name, all) = schema();
    schemas.extend(all);
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_has_a_schema() {
        let document = openapi();
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(
                document["components"]["schemas"].get(name).is_some(),
                "{name}"
            );
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

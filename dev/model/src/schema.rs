//! A value that a JSON schema accepts, for clients that demand one: nothing clever, and always an end.

use std::cell::Cell;

use serde_json::{Map, Value, json};

/// How deep a value may go; schemas may refer to themselves.
const MAX_DEPTH: usize = 16;
/// From here on lists stay as short as the schema allows.
const SHALLOW: usize = 4;
const MAX_ITEMS: u64 = 64;
/// Parts of one value at most: a schema that branches and refers to itself would have no end.
const MAX_PARTS: u32 = 500;

/// Makes a value of a schema; free strings in it say `text`.
pub(crate) fn example(schema: &Value, text: &str) -> Value {
    let left = Cell::new(MAX_PARTS);
    let root = schema;
    Maker { root, text, left }.make(schema, 0)
}

struct Maker<'a> {
    root: &'a Value,
    text: &'a str,
    /// How many more parts may be made.
    left: Cell<u32>,
}

impl Maker<'_> {
    fn make(&self, schema: &Value, depth: usize) -> Value {
        if depth > MAX_DEPTH || self.left.get() == 0 {
            return Value::Null;
        }
        self.left.set(self.left.get() - 1);
        if let Some(fixed) = schema.get("const").or_else(|| schema["enum"].get(0)) {
            return fixed.clone();
        }
        if let Some(target) = schema["$ref"].as_str().and_then(|path| self.find(path)) {
            return self.make(target, depth + 1);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema[choice].get(0) {
                return self.make(first, depth + 1);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" | "number" => number(schema),
            "boolean" => json!(false),
            "null" => Value::Null,
            _ => self.string(schema),
        }
    }

    /// What `#/a/b` names.
    fn find(&self, path: &str) -> Option<&Value> {
        self.root.pointer(path.strip_prefix('#')?)
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object();
        let made = properties
            .into_iter()
            .flatten()
            .map(|(name, schema)| (name.clone(), self.make(schema, depth + 1)));
        Value::Object(made.collect::<Map<_, _>>())
    }

    fn array(&self, schema: &Value, depth: usize) -> Value {
        let usual = u64::from(depth < SHALLOW);
        let most = schema["maxItems"]
            .as_u64()
            .unwrap_or(MAX_ITEMS)
            .min(MAX_ITEMS);
        let count = schema["minItems"].as_u64().unwrap_or(usual).min(most);
        (0..count)
            .map(|_| self.make(&schema["items"], depth + 1))
            .collect()
    }

    fn string(&self, schema: &Value) -> Value {
        let most = schema["maxLength"]
            .as_u64()
            .and_then(|most| usize::try_from(most).ok());
        json!(
            self.text
                .chars()
                .take(most.unwrap_or(usize::MAX))
                .collect::<String>()
        )
    }
}

/// The type; of several the first that is not null.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema["properties"].is_object() => "object",
        _ if schema["items"].is_object() => "array",
        _ => "string",
    }
}

fn number(schema: &Value) -> Value {
    let above = |bound: &Value| bound.as_f64().map(|bound| bound.floor() + 1.0);
    let least = schema["minimum"].as_f64().map(f64::ceil);
    let below = |bound: &Value| bound.as_f64().filter(|bound| *bound < 0.0).map(f64::floor);
    let value = least
        .or_else(|| above(&schema["exclusiveMinimum"]))
        .or_else(|| below(&schema["maximum"]))
        .unwrap_or(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast of floats saturates"
    )]
    let whole = value as i64;
    json!(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_value() {
        let schema = json!({
            "type": "object",
            "properties": {
                "topic": { "type": "string", "maxLength": 3 },
                "mood": { "enum": ["calm", "wild"] },
                "count": { "type": "integer", "minimum": 2 },
                "share": { "type": ["null", "number"], "exclusiveMinimum": 0 },
                "sure": { "type": "boolean" },
                "tags": { "type": "array", "items": { "$ref": "#/$defs/tag" }, "minItems": 2 },
                "maybe": { "anyOf": [{ "const": 5 }, { "type": "null" }] },
            },
            "$defs": { "tag": { "type": "string" } },
        });
        assert_eq!(
            example(&schema, "hello"),
            json!({
                "topic": "hel", "mood": "calm", "count": 2, "share": 1, "sure": false,
                "tags": ["hello", "hello"], "maybe": 5,
            })
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_or_to_nothing_ends() {
        for schema in [
            json!({ "$ref": "#" }),
            json!({ "$ref": "#/nowhere" }),
            json!({ "type": "object", "properties": { "child": { "$ref": "#" } } }),
            json!({ "type": "array", "items": { "$ref": "#" } }),
            json!({ "type": "array", "minItems": u64::MAX, "items": {} }),
            json!({ "type": "object", "properties": { "a": { "$ref": "#" }, "b": { "$ref": "#" } } }),
            json!({ "anyOf": [] }),
            json!(true),
            json!("x"),
        ] {
            example(&schema, "text");
        }
    }
}

//! The operations, as the running platform's document names them.

use platform_tests::Door;
use reqwest::Method;
use serde_json::Value;

/// One method of one path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// With `{id}`.
    pub(crate) path: String,
    /// Names of the schemes that prove its caller: `account`, `system`, `stripe`, or none.
    pub(crate) security: Option<String>,
    /// Schema of the body that it takes, with references followed.
    pub(crate) body: Option<Value>,
    /// Its query parameters, as the document describes them.
    pub(crate) query: Vec<Value>,
    /// Statuses that the document names.
    pub(crate) statuses: Vec<u16>,
}

impl Operation {
    /// `POST /my/account/setup`
    pub(crate) fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path for one instance.
    pub(crate) fn path_of(&self, instance_id: i64) -> String {
        self.path.replace("{id}", &instance_id.to_string())
    }

    /// Whether it is done once for one `Idempotency-Key`: every POST but Stripe's, whose events have ids.
    pub(crate) fn takes_key(&self) -> bool {
        self.method == Method::POST && self.security.as_deref() != Some("stripe")
    }

    pub(crate) fn is_write(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether an account proves itself with a token, an admin too.
    pub(crate) fn is_an_accounts(&self) -> bool {
        self.security.as_deref() == Some("account")
    }

    pub(crate) fn is_a_machines(&self) -> bool {
        self.security.as_deref() == Some("system")
    }
}

/// All operations.
pub(crate) async fn operations(door: &Door) -> Vec<Operation> {
    let document = door
        .call(Method::GET, "/openapi.json", None, None)
        .await
        .expect(200);
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            all.push(read(&document, path, method, operation));
        }
    }
    assert!(!all.is_empty());
    all
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schemes = operation["security"].as_array().unwrap();
    let security = schemes
        .first()
        .and_then(|scheme| scheme.as_object().unwrap().keys().next().cloned());
    let parameters = operation["parameters"].as_array().unwrap();
    let query = parameters.iter().filter(|given| given["in"] == "query");
    let statuses = operation["responses"].as_object().unwrap().keys();
    Operation {
        method: method.to_uppercase().parse().unwrap(),
        path: path.to_owned(),
        security,
        query: query.cloned().collect(),
        body: (!body.is_null()).then(|| followed(document, body)),
        statuses: statuses.map(|status| status.parse().unwrap()).collect(),
    }
}

fn followed(document: &Value, schema: &Value) -> Value {
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap()
            .clone(),
        None => schema.clone(),
    }
}

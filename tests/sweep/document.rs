//! The operations, as the running platform's document names them.

use platform_tests::Door;
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

/// One method of one path.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// With `{name}` for a segment that varies.
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

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Account,
    Event,
    Instance,
    Job,
}

impl Operation {
    /// `POST /my/account/setup`
    pub(crate) fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path for a number: that of an instance or a job, or one from which another id is made.
    pub(crate) fn path_of(&self, number: i64) -> String {
        let id = match self.names() {
            Named::Account => Uuid::from_u128(number.unsigned_abs().into()).to_string(),
            Named::Event => format!("evt_{number}"),
            Named::Instance | Named::Job => number.to_string(),
        };
        self.path
            .replace("{id}", &id)
            .replace("{name}", &format!("swept-{number}"))
            .replace("{plan}", "hobby")
            .replace("{cycle}", "monthly")
    }

    /// What its `{id}` is of, if it has one.
    pub(crate) fn names(&self) -> Named {
        let kinds = [
            ("/jobs/{id}", Named::Job),
            ("/accounts/{id}", Named::Account),
            ("/webhook-events/{id}", Named::Event),
        ];
        let named = kinds.iter().find(|(below, _)| self.path.contains(below));
        named.map_or(Named::Instance, |(_, named)| *named)
    }

    /// Whether it is for admins.
    pub(crate) fn is_an_admins(&self) -> bool {
        self.path.starts_with("/admin/")
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

//! Calling the API's database functions as the functions do.

use serde_json::{Value, json};
use test_postgres::Database;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::support::{A, B, filled};

/// A database with rows, and who acts on it.
pub(crate) struct Acting {
    pub(crate) functions: Client,
    pub(crate) owner: Client,
    pub(crate) database: Database,
}

impl Acting {
    /// The rows of all versions; A is an admin, B is not, and both may come in.
    pub(crate) async fn new() -> Self {
        let database = filled().await;
        let acting = Self {
            functions: database.connect("mindroom_functions").await,
            owner: database.owner().await,
            database,
        };
        acting
            .run(&format!(
                "update accounts set status = 'active', is_admin = (id = '{A}') where id in ('{A}', '{B}')"
            ))
            .await;
        acting
    }

    /// What a function answers.
    pub(crate) async fn call(&self, function: &str, arguments: &[&(dyn ToSql + Sync)]) -> Value {
        let places: Vec<String> = (1..=arguments.len())
            .map(|place| format!("${place}"))
            .collect();
        let call = format!("select api.{function}({})", places.join(", "));
        let row = self.functions.query_one(&call, arguments).await.unwrap();
        row.get(0)
    }

    /// As the owner of the database.
    pub(crate) async fn run(&self, statement: &str) {
        self.owner.batch_execute(statement).await.unwrap();
    }

    /// One value, as text, as the owner of the database sees it.
    pub(crate) async fn value(&self, expression: &str) -> String {
        let select = format!("select coalesce(({expression})::text, '')");
        self.owner.query_one(&select, &[]).await.unwrap().get(0)
    }

    /// The newest entry of the audit log: action, actor's type, account, reason.
    pub(crate) async fn audited(&self) -> String {
        self.value(
            "select concat_ws(' ', action, actor_type, right(account_id::text, 2), reason) from audit_logs
             order by id desc limit 1",
        )
        .await
    }
}

/// A call of an account's, or of an admin's.
pub(crate) fn caller(account: &str) -> Value {
    let email = if account == A {
        "ann@example.com"
    } else {
        "bo@example.com"
    };
    json!({"sub": account, "email": email, "group": "write", "limit": 100_000, "operation": "POST /x",
        "address": "192.0.2.7", "request_id": "r1", "public_url": "http://m.example"})
}

/// The refusal's code, or nothing.
pub(crate) fn refused(answer: &Value) -> &str {
    answer["refusal"]["code"].as_str().unwrap_or_default()
}

/// A page of a list with filters.
pub(crate) fn page(filters: &Value) -> Value {
    let mut page = json!({"start": 0, "limit": 200, "sort": "created_at", "order": "ASC"});
    for (name, value) in filters.as_object().unwrap() {
        page[name] = value.clone();
    }
    page
}

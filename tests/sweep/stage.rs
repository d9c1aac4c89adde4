//! Who appears in the sweep, and what they do.

use std::time::{SystemTime, UNIX_EPOCH};

use platform_tests::{Account, Answer, Door, Platform};
use reqwest::Method;
use serde_json::{Value, json};
use stripe::webhook::{Secret, sign};
use uuid::Uuid;

use crate::document::Operation;
use crate::table::Row;

/// Callers who prove themselves by a bearer value, or not at all.
pub(crate) struct Stage {
    pub(crate) platform: Platform,
    pub(crate) door: Door,
    pub(crate) owner: Account,
    pub(crate) stranger: Account,
    pub(crate) suspended: Account,
    pub(crate) deleted: Account,
    pub(crate) admin: Account,
    /// The owner's, once it was asked for.
    pub(crate) instance: Value,
}

impl Stage {
    /// New accounts, each as far as its part needs it.
    pub(crate) async fn set() -> Self {
        let platform = Platform::get();
        let stage = Self {
            door: Door::of(&platform),
            owner: Account::arrive(&platform).await,
            stranger: Account::sign_up(&platform).await,
            suspended: Account::sign_up(&platform).await,
            deleted: Account::sign_up(&platform).await,
            admin: Account::sign_up(&platform).await,
            instance: Value::Null,
            platform,
        };
        let database = stage.platform.database().await;
        for (account, change) in [
            (&stage.suspended, "status = 'suspended'"),
            (&stage.deleted, "status = 'deleted', deleted_at = now()"),
            (&stage.admin, "is_admin = true"),
        ] {
            let statement = format!("update accounts set {change} where id = $1");
            let changed = database.execute(&statement, &[&account.id]).await.unwrap();
            assert_eq!(changed, 1);
        }
        stage
    }

    /// The number that routes take as `{id}`; one that nobody has before there is an instance.
    pub(crate) fn instance_id(&self) -> i64 {
        self.instance["instance_id"]
            .as_i64()
            .unwrap_or(i64::from(i32::MAX))
    }

    /// Calls an operation as its row says, with a bearer value if any.
    pub(crate) async fn call(
        &self,
        method: Method,
        row: &Row,
        operation: &Operation,
        bearer: Option<&str>,
    ) -> Answer {
        let path = operation.path_of(self.instance_id());
        let body = row.body.as_ref().map(|body| self.filled(body));
        self.door.call(method, &path, bearer, body.as_ref()).await
    }

    /// Calls an operation as the one whom it is for.
    pub(crate) async fn call_properly(
        &self,
        row: &Row,
        operation: &Operation,
        method: Method,
    ) -> Answer {
        match operation.security.as_deref() {
            Some("stripe") => self.deliver(method).await,
            Some("system") => {
                let (_, key) = self.platform.system_keys.of(&operation.path);
                self.call(method, row, operation, Some(key)).await
            }
            _ if operation.path.starts_with("/admin/") => {
                self.call(method, row, operation, Some(&self.admin.token))
                    .await
            }
            Some(_) => {
                self.call(method, row, operation, Some(&self.owner.token))
                    .await
            }
            None => self.call(method, row, operation, None).await,
        }
    }

    /// An event of Stripe's, well signed.
    async fn deliver(&self, method: Method) -> Answer {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let now = i64::try_from(now).unwrap();
        let body = json!({
            "id": format!("evt_{}", Uuid::new_v4().simple()), "object": "event",
            "type": "customer.created", "created": now, "livemode": false,
            "api_version": stripe::API_VERSION,
            "data": {"object": {"id": "cus_nobody", "object": "customer"}},
        })
        .to_string();
        let secret = Secret::new(&self.platform.stand_ins.stripe_webhook_secret).unwrap();
        let signature = sign(&secret, body.as_bytes(), now);
        let request = self
            .door
            .request(method, "/webhooks/stripe")
            .header("stripe-signature", signature)
            .header("content-type", "application/json")
            .body(body);
        self.platform.send(request).await
    }

    /// A row's body with the instance's name in it.
    fn filled(&self, body: &Value) -> Value {
        let subdomain = self.instance["subdomain"].as_str().unwrap_or("none");
        let text = body.to_string().replace("{subdomain}", subdomain);
        serde_json::from_str(&text).unwrap()
    }
}

/// A method that the path does not have.
pub(crate) fn wrong_method(operation: &Operation, all: &[Operation]) -> Method {
    let has = |method: &Method| {
        all.iter()
            .any(|known| known.path == operation.path && known.method == *method)
    };
    [Method::PUT, Method::PATCH, Method::DELETE]
        .into_iter()
        .find(|method| !has(method))
        .unwrap()
}

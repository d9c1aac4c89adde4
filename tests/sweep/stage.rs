//! Who appears in the sweep, and what they do.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use platform_tests::{Account, Answer, Door, Platform, until};
use reqwest::Method;
use serde_json::{Value, json};
use stripe::webhook::{Secret, sign};
use uuid::Uuid;

use crate::document::{Named, Operation};
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
    /// Whom admins do something to.
    pub(crate) subject: Account,
    /// The number of its instance, once one was made.
    pub(crate) spare: Option<i32>,
    /// An event of Stripe's, once one came.
    pub(crate) event: Option<String>,
    /// The owner's, once it was asked for.
    pub(crate) instance: Value,
    /// The owner's, once one was made.
    pub(crate) job: Option<i64>,
}

impl Stage {
    /// New accounts, each as far as its part needs it.
    pub(crate) async fn set() -> Self {
        let platform = Platform::get();
        let stage = Self {
            door: Door::of(&platform),
            subject: Account::sign_up(&platform).await,
            spare: None,
            event: None,
            owner: Account::arrive(&platform).await,
            stranger: Account::sign_up(&platform).await,
            suspended: Account::sign_up(&platform).await,
            deleted: Account::sign_up(&platform).await,
            admin: Account::sign_up(&platform).await,
            instance: Value::Null,
            job: None,
            platform,
        };
        for (account, change) in [
            (&stage.suspended, "status = 'suspended'"),
            (&stage.deleted, "status = 'deleted', deleted_at = now()"),
            (&stage.admin, "is_admin = true"),
        ] {
            stage.change(account, change).await;
        }
        stage
    }

    async fn change(&self, account: &Account, change: &str) {
        let database = self.platform.database().await;
        let statement = format!("update accounts set {change} where id = $1");
        let changed = database.execute(&statement, &[&account.id]).await.unwrap();
        assert_eq!(changed, 1);
    }

    /// Another administrator, who has used up nothing of what one may do in a minute.
    pub(crate) async fn change_admin(&mut self) {
        self.admin = Account::sign_up(&self.platform).await;
        self.change(&self.admin, "is_admin = true").await;
    }

    /// The number that routes take as `{id}`; one that nobody has before there is an instance.
    pub(crate) fn instance_id(&self) -> i64 {
        self.instance["instance_id"]
            .as_i64()
            .unwrap_or(i64::from(i32::MAX))
    }

    /// Makes a job of the owner's instance: one that waits for its time, as a start would be, or a dead one of a kind
    /// that no daemon knows.
    pub(crate) async fn make_job(&mut self, state: &str) {
        let database = self.platform.database().await;
        let id = i32::try_from(self.instance_id()).unwrap();
        let job = database
            .query_one(
                "insert into prov.jobs (lane, tenant, kind, state, run_at)
                 select 'instance:' || id, account_id, case $2 when 'dead' then 'sweep' else 'reconcile-instance' end,
                   $2, now() + interval '1 day'
                 from instances where instance_id = $1 returning id",
                &[&id, &state],
            )
            .await;
        self.job = Some(job.unwrap().get(0));
    }

    /// Has Stripe send an event that concerns nobody.
    pub(crate) async fn store_event(&mut self) {
        let event = an_event();
        self.deliver(Method::POST, event.to_string())
            .await
            .expect(200);
        self.event = event["id"].as_str().map(str::to_owned);
    }

    /// Gives the subject an instance with which the daemon has nothing to do.
    pub(crate) async fn make_spare(&mut self) {
        if self.spare.is_some() {
            self.subject = Account::sign_up(&self.platform).await;
        }
        let database = self.platform.database().await;
        self.spare = Some(self.subject.stopped_instance(&database).await);
    }

    /// Leaves the owner's instance as a job that died leaves it.
    pub(crate) async fn break_instance(&self) {
        self.settle().await;
        let database = self.platform.database().await;
        let id = i32::try_from(self.instance_id()).unwrap();
        let fail =
            "update instances set status = 'error', status_deadline = null where instance_id = $1";
        assert_eq!(database.execute(fail, &[&id]).await.unwrap(), 1);
    }

    /// Waits until all that was wished of the owner's instance is so.
    pub(crate) async fn settle(&self) {
        let database = self.platform.database().await;
        let id = i32::try_from(self.instance_id()).unwrap();
        let settled = "select observed_gen = desired_gen and observed_restart_gen = restart_gen
                         and prov.job_of_instance(id) is null
                       from instances where instance_id = $1";
        until("nothing under way", Duration::from_mins(3), async || {
            let row = database.query_one(settled, &[&id]).await.unwrap();
            row.get::<_, bool>(0).then_some(())
        })
        .await;
    }

    /// The path for what the stage has of the kind that the operation is about.
    fn path_of(&self, operation: &Operation) -> String {
        let with = |id: String| operation.path.replace("{id}", &id);
        match (operation.names(), &self.event) {
            (Named::Account, _) => with(self.subject.id.to_string()),
            (Named::Event, Some(event)) => with(event.clone()),
            (Named::Event, None) => operation.path_of(i64::MAX),
            (Named::Job, _) => operation.path_of(self.job.unwrap_or(i64::MAX)),
            (Named::Instance, _) if operation.path.ends_with("/uninstall") => {
                operation.path_of(self.spare.unwrap_or(i32::MAX).into())
            }
            (Named::Instance, _) => operation.path_of(self.instance_id()),
        }
    }

    /// Calls an operation as its row says, with a bearer value if any.
    pub(crate) async fn call(
        &self,
        method: Method,
        row: &Row,
        operation: &Operation,
        bearer: Option<&str>,
    ) -> Answer {
        self.call_once(method, row, operation, bearer, None).await
    }

    async fn call_once(
        &self,
        method: Method,
        row: &Row,
        operation: &Operation,
        bearer: Option<&str>,
        key: Option<&str>,
    ) -> Answer {
        let mut request = self.door.request(method, &self.path_of(operation));
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = &row.body {
            request = request.json(&self.filled(body));
        }
        self.platform.send(request).await
    }

    /// Calls an operation as the one whom it is for, under an idempotency key if any.
    pub(crate) async fn call_properly(
        &self,
        row: &Row,
        operation: &Operation,
        method: Method,
        key: Option<&str>,
    ) -> Answer {
        let bearer = match operation.security.as_deref() {
            Some("stripe") => return self.deliver(method, an_event().to_string()).await,
            Some("system") => Some(row.key(&self.platform)),
            Some(_) if operation.is_an_admins() => Some(self.admin.token.as_str()),
            Some(_) => Some(self.owner.token.as_str()),
            None => None,
        };
        self.call_once(method, row, operation, bearer, key).await
    }

    /// What Stripe would send, well signed.
    pub(crate) async fn deliver(&self, method: Method, body: String) -> Answer {
        let now = now();
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

    /// A row's body with the names of instances and of the subject in it.
    fn filled(&self, body: &Value) -> Value {
        let subdomain = self.instance["subdomain"].as_str().unwrap_or("none");
        let spare = format!("made-{}", &self.subject.id.to_string()[..8]);
        let text = body.to_string().replace("{subdomain}", subdomain);
        // an id of nobody, for where there is no stage
        let text = text.replace(
            "00000000-0000-7000-8000-000000000000",
            &self.owner.id.to_string(),
        );
        let text = text.replace("{subject}", &self.subject.email);
        serde_json::from_str(&text.replace("{spare}", &spare)).unwrap()
    }
}

/// An event of Stripe's that concerns nobody.
pub(crate) fn an_event() -> Value {
    json!({
        "id": format!("evt_{}", Uuid::new_v4().simple()), "object": "event",
        "type": "customer.created", "created": now(), "livemode": false,
        "api_version": stripe::API_VERSION,
        "data": {"object": {"id": "cus_nobody", "object": "customer"}},
    })
}

/// Unix seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
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

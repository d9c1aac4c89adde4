//! An account that acts as a person would: signs up, pays, commands its instance.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::platform::{Answer, Platform};
use crate::wait::until;

/// A card that the payment page accepts.
const GOOD_CARD: &str = "4242424242424242";

/// A signed-in account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its address.
    pub email: String,
    /// Its access token.
    pub token: String,
    /// Its id.
    pub id: Uuid,
    platform: Platform,
}

impl Account {
    /// Signs up under a new address and sets the account up.
    pub async fn sign_up(platform: &Platform) -> Self {
        let email = format!("p{}@example.com", Uuid::new_v4().simple());
        Self::sign_up_as(platform, &email, "correct horse battery").await
    }

    /// Signs up under an address and sets the account up.
    pub async fn sign_up_as(platform: &Platform, email: &str, password: &str) -> Self {
        let account = Self::arrive_as(platform, email, password).await;
        account.post("/my/account/setup").await.expect(200);
        account
    }

    /// Signs up under a new address, and has not called the API yet.
    pub async fn arrive(platform: &Platform) -> Self {
        let email = format!("p{}@example.com", Uuid::new_v4().simple());
        Self::arrive_as(platform, &email, "correct horse battery").await
    }

    async fn arrive_as(platform: &Platform, email: &str, password: &str) -> Self {
        let body = json!({"email": email, "password": password});
        Self::session(platform, "/auth/v1/signup", &body).await
    }

    /// Signs in.
    pub async fn sign_in(platform: &Platform, email: &str, password: &str) -> Self {
        let body = json!({"email": email, "password": password});
        Self::session(platform, "/auth/v1/token?grant_type=password", &body).await
    }

    /// Signs the seeded admin in.
    pub async fn admin(platform: &Platform) -> Self {
        Self::sign_in(platform, &platform.admin.email, &platform.admin.password).await
    }

    #[expect(clippy::expect_used, reason = "a test helper")]
    async fn session(platform: &Platform, path: &str, body: &Value) -> Self {
        let request = platform
            .request(Method::POST, &format!("{}{path}", platform.auth))
            .header("apikey", &platform.publishable_key)
            .json(body);
        let session = platform.send(request).await.expect(200);
        let text = |value: &Value| value.as_str().expect("a session").to_owned();
        Self {
            email: text(&session["user"]["email"]),
            token: text(&session["access_token"]),
            id: text(&session["user"]["id"]).parse().expect("a uuid"),
            platform: platform.clone(),
        }
    }

    /// Calls the API.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.platform.api(method, path).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        self.platform.send(request).await
    }

    /// Reads from the API.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    /// Commands the API.
    pub async fn post(&self, path: &str) -> Answer {
        self.call(Method::POST, path, None).await
    }

    /// Begins a checkout and pays on its page, as the browser's form does.
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub async fn pay(&self, plan: &str) {
        let body = json!({"tier": plan, "billing_cycle": "monthly"});
        let redirect = self
            .call(Method::POST, "/stripe/checkout", Some(body))
            .await
            .expect(200);
        self.pay_at(redirect["url"].as_str().expect("a page")).await;
    }

    /// Pays on the page of a checkout, as the browser's form does.
    pub async fn pay_at(&self, page: &str) {
        let form = self
            .platform
            .request(Method::POST, &format!("{page}/pay"))
            .form(&[("card", GOOD_CARD)]);
        let answer = self.platform.send(form).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    /// Awaits the subscription that a payment makes.
    pub async fn subscribed(&self, plan: &str) {
        until("the subscription", Duration::from_secs(30), async || {
            let subscription = self.get("/my/subscription").await.json();
            (subscription["tier"] == plan && subscription["can_run_instances"] == true)
                .then_some(())
        })
        .await;
    }

    /// Asks for an instance and answers it.
    pub async fn provision(&self) -> Value {
        self.post("/my/instances/provision").await.expect(202)["instance"].clone()
    }

    /// Pays for Hobby and asks for its instance.
    pub async fn instance(&self) -> Value {
        self.pay("hobby").await;
        self.subscribed("hobby").await;
        self.provision().await
    }

    /// Makes an instance that is as wished, so that the daemon has nothing to do with it, and answers its number.
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub async fn stopped_instance(&self, database: &tokio_postgres::Client) -> i32 {
        let row = database
            .query_one(
                "insert into instances (account_id, subscription_id, subdomain, name, tier, desired_state, status,
                   observed_gen, progress)
                 select account_id, id, 'made-' || substr(account_id::text, 1, 8), 'Made', 'hobby', 'stopped',
                   'stopped', 1, '[{\"name\": \"database\", \"title\": \"Database\", \"state\": \"done\"}]'
                 from subscriptions where account_id = $1
                 returning instance_id",
                &[&self.id],
            )
            .await
            .expect("an instance");
        let id: i32 = row.get(0);
        let event = "insert into instance_events (account_id, instance, kind, name)
            select account_id, id, 'wish', 'stop' from instances where instance_id = $1";
        database.execute(event, &[&id]).await.expect("an event");
        id
    }

    /// Has an instance deleted and awaits its end.
    pub async fn delete(&self, instance: &Value) {
        let path = format!("/my/instances/{}", instance["instance_id"]);
        let confirmed = json!({"confirm": instance["subdomain"]});
        self.call(Method::DELETE, &path, Some(confirmed))
            .await
            .expect(202);
        self.awaits(instance, "deprovisioned").await;
    }

    /// Awaits an instance's status; in error on the way it fails.
    pub async fn awaits(&self, instance: &Value, status: &str) -> Value {
        self.awaits_status(instance, status, true).await
    }

    /// Awaits that an instance runs again by itself, whatever it was said to be meanwhile.
    pub async fn recovers(&self, instance: &Value) -> Value {
        self.awaits_status(instance, "running", false).await
    }

    async fn awaits_status(&self, instance: &Value, status: &str, strictly: bool) -> Value {
        let path = format!("/my/instances/{}", instance["instance_id"]);
        let patience = Duration::from_mins(3);
        until(&format!("status {status}"), patience, async || {
            let now = self.get(&path).await;
            let now = if now.status == 200 {
                now.json()
            } else {
                return None;
            };
            assert!(!strictly || now["status"] != "error", "{now}");
            (now["status"] == status).then_some(now)
        })
        .await
    }
}

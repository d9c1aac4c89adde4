//! Customers of the running platform, each by a clock of its own.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use platform_tests::{Account, Answer, Platform, until};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio_postgres::Client;

use crate::stripe::{DAY, GOOD_CARD, Stripe};

/// From an act at Stripe to what a customer sees, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whoever makes webhooks go wrong has the stand-in for itself.
static WEBHOOKS: RwLock<()> = RwLock::const_new(());

#[expect(dead_code, reason = "held, not read")]
enum Turn {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// The running platform with its Stripe.
pub(crate) struct Shop {
    pub(crate) platform: Platform,
    pub(crate) stripe: Stripe,
    pub(crate) database: Client,
    _turn: Turn,
}

impl Shop {
    /// Beside others.
    pub(crate) async fn open() -> Self {
        Self::on_turn(Turn::Shared(WEBHOOKS.read().await)).await
    }

    /// While nobody else is there.
    pub(crate) async fn open_alone() -> Self {
        Self::on_turn(Turn::Alone(WEBHOOKS.write().await)).await
    }

    async fn on_turn(turn: Turn) -> Self {
        let platform = Platform::get();
        let key = platform.variable("stripe_secret_key");
        Self {
            stripe: Stripe::new(&platform.internal.stripe, &key),
            database: platform.database().await,
            platform,
            _turn: turn,
        }
    }

    /// Somebody who signed up and looked at the payment page of a plan.
    pub(crate) async fn visitor(&self, plan: &str) -> Buyer<'_> {
        let account = Account::sign_up(&self.platform).await;
        let page = checkout(&account, plan).await.expect(200)["url"].clone();
        let row = "select stripe_customer_id from accounts where id = $1";
        let row = self.database.query_one(row, &[&account.id]).await.unwrap();
        let customer: String = row.get(0);
        let now = now();
        Buyer {
            shop: self,
            clock: self.stripe.clock_of(&customer, now).await,
            page: page.as_str().unwrap().to_owned(),
            account,
            customer,
            now,
        }
    }

    /// Somebody who is in the trial of a plan, by a card.
    pub(crate) async fn buyer(&self, plan: &str, card: &str) -> Buyer<'_> {
        let buyer = self.visitor(plan).await;
        assert_eq!(buyer.pay(&buyer.page, card).await.status, 303);
        buyer.sees(plan, "trialing").await;
        buyer
    }

    /// How many rows a query counts for an account.
    pub(crate) async fn count(&self, query: &str, buyer: &Buyer<'_>) -> i64 {
        let query = format!("select count(*) from {query} and account_id = $1");
        let row = self.database.query_one(&query, &[&buyer.account.id]).await;
        row.unwrap().get(0)
    }

    /// Awaits that many rows of an account.
    pub(crate) async fn awaits(&self, rows: i64, query: &str, buyer: &Buyer<'_>) {
        until(&format!("{rows} {query}"), PATIENCE, async || {
            (self.count(query, buyer).await == rows).then_some(())
        })
        .await;
    }
}

/// A customer.
pub(crate) struct Buyer<'a> {
    shop: &'a Shop,
    pub(crate) account: Account,
    /// At Stripe.
    pub(crate) customer: String,
    /// The payment page that was opened first.
    pub(crate) page: String,
    clock: String,
    now: i64,
}

impl Buyer<'_> {
    pub(crate) async fn checkout(&self, plan: &str) -> Answer {
        checkout(&self.account, plan).await
    }

    /// Where a checkout leads.
    pub(crate) async fn page_of(&self, plan: &str) -> String {
        let redirect = self.checkout(plan).await.expect(200);
        redirect["url"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn pay(&self, page: &str, card: &str) -> Answer {
        let page = format!("{page}/pay");
        self.shop.stripe.submit(&page, &[("card", card)]).await
    }

    /// Subscribes once more, after an earlier subscription.
    pub(crate) async fn subscribe_again(&self, plan: &str) {
        let page = self.page_of(plan).await;
        assert!(page.contains("/c/pay/"), "{page}");
        assert_eq!(self.pay(&page, GOOD_CARD).await.status, 303);
        self.sees(plan, "active").await;
    }

    /// Lets days of this customer's clock pass.
    pub(crate) async fn days_pass(&mut self, days: i64) {
        self.now += days * DAY;
        self.shop.stripe.move_clock(&self.clock, self.now).await;
    }

    /// A page of the portal's, where a form is to be posted.
    pub(crate) async fn portal(&self, act: &str) -> String {
        let redirect = self.account.post("/stripe/portal").await.expect(200);
        format!("{}/{act}", redirect["url"].as_str().unwrap())
    }

    /// Posts a form of the portal.
    pub(crate) async fn at_portal(&self, act: &str, form: &[(&str, &str)]) {
        let page = self.portal(act).await;
        let done = self.shop.stripe.submit(&page, form).await;
        assert_eq!(done.status, 303, "{act}: {}", done.text);
    }

    /// All subscriptions that Stripe has of this customer, newest first.
    pub(crate) async fn at_stripe(&self) -> Vec<Value> {
        let all = format!(
            "/v1/subscriptions?status=all&limit=100&customer={}",
            self.customer
        );
        self.shop.stripe.list(&all).await
    }

    /// The newest subscription's id at Stripe.
    pub(crate) async fn subscription_id(&self) -> String {
        let newest = &self.at_stripe().await[0];
        newest["id"].as_str().unwrap().to_owned()
    }

    /// The payment pages that can still be used.
    pub(crate) async fn open_pages(&self) -> usize {
        let open = format!(
            "/v1/checkout/sessions?status=open&limit=100&customer={}",
            self.customer
        );
        self.shop.stripe.list(&open).await.len()
    }

    /// Awaits what this customer is shown of the subscription that counts.
    pub(crate) async fn awaits(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(what, PATIENCE, async || {
            let shown = self.account.get("/my/subscription").await.expect(200);
            is(&shown).then_some(shown)
        })
        .await
    }

    /// Awaits a plan and its status, on both pages that show it.
    pub(crate) async fn sees(&self, plan: &str, status: &str) -> Value {
        let what = format!("{plan} to be {status}");
        let shown = self
            .awaits(&what, |shown| {
                shown["tier"] == plan && shown["status"] == status
            })
            .await;
        let account = self.account.get("/my/account").await.expect(200);
        let listed = account["subscriptions"].as_array().unwrap();
        assert!(
            listed
                .iter()
                .any(|one| one["id"] == shown["id"] && one["status"] == status),
            "{account}"
        );
        shown
    }

    /// What a wish for an instance is answered when it must not be granted.
    pub(crate) async fn is_refused_an_instance(&self, code: &str) {
        let answer = self.account.post("/my/instances/provision").await;
        answer.expect_problem(402, code);
    }
}

async fn checkout(account: &Account, plan: &str) -> Answer {
    let body = json!({"tier": plan, "billing_cycle": "monthly"});
    account
        .call(Method::POST, "/stripe/checkout", Some(body))
        .await
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

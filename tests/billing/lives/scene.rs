//! What the lives share: a database, Stripe's stand-in, the daemon, and an endpoint at which webhooks arrive.

use std::time::Duration;

use platform_tests::{Replica, until};
use serde_json::{Value, json};
use store::native::prepare_database;
use test_postgres::{Database, Server};
use tokio_postgres::Client;

use super::mail::Mail;
use crate::stripe::Stripe;

const SECRET_KEY: &str = "sk_test_lives";
pub(super) const WEBHOOK_SECRET: &str = "whsec_lives";
/// Also for a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(10);
/// Plan, cycle, minor units and interval.
const CATALOGUE: [(&str, &str, &str, &str); 4] = [
    ("hobby", "monthly", "2000", "month"),
    ("hobby", "yearly", "19200", "year"),
    ("pro", "monthly", "5000", "month"),
    ("pro", "yearly", "48000", "year"),
];

/// A price, and what it is the price of.
#[derive(Clone)]
pub(super) struct Price {
    pub(super) id: String,
    pub(super) tier: &'static str,
    pub(super) cycle: &'static str,
}

pub(super) struct Scene {
    pub(super) stripe: Stripe,
    pub(super) prices: Vec<Price>,
    pub(super) mail: Mail,
    /// As superuser.
    pub(super) sql: Client,
    _parts: [Replica; 2],
    _folder: tempfile::TempDir,
    _database: Database,
}

impl Scene {
    pub(super) async fn set() -> Self {
        let server = Server::shared();
        let (database, stripes) = (server.database().await, server.database().await);
        prepare_database(&database.owner_url()).await.unwrap();
        let mail = Mail::receive(database.connect("mindroom_functions").await).await;
        let stand_in = Replica::of_part("dev-stripe", |command| {
            command
                .args(["--listen", "127.0.0.1:0"])
                .args(["--public-url", "http://stripe.test"])
                .args(["--webhook-url", &mail.url])
                .env("DATABASE_URL", stripes.owner_url())
                .env("STRIPE_SECRET_KEY", SECRET_KEY)
                .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
                .env("RUST_LOG", "error")
        })
        .await;
        let stripe = Stripe::new(&stand_in.url, SECRET_KEY);
        let prices = catalogue(&stripe).await;
        let known: Vec<String> = prices
            .iter()
            .map(|price| format!("{}_{}={}", price.tier, price.cycle, price.id))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let daemon = Replica::of_part("provisioner-daemon", |command| {
            command
                .env("DATABASE_URL", database.url("mindroom_daemon"))
                .env("INSTANCE_DATABASE_URL", database.owner_url())
                .env("STRIPE_API_URL", &stand_in.url)
                .env("STRIPE_SECRET_KEY", SECRET_KEY)
                .env("STRIPE_PRICES", known.join(","))
                .env("PUBLIC_URL", "http://platform.test")
                .env("STATE_DIR", folder.path())
                .env("RUST_LOG", "error")
        })
        .await;
        Self {
            stripe,
            prices,
            mail,
            sql: database.owner().await,
            _parts: [daemon, stand_in],
            _folder: folder,
            _database: database,
        }
    }

    async fn holds(&self, condition: &str) -> Option<()> {
        let row = self
            .sql
            .query_one(&format!("select {condition}"), &[])
            .await;
        row.unwrap().get::<_, bool>(0).then_some(())
    }

    /// Whatever Stripe still has to send has come, and what was held back has been let in.
    pub(super) async fn deliver_the_rest(&self) {
        until("all webhooks to be sent", PATIENCE, async || {
            let waiting = "/v1/events?delivery_success=false&limit=1";
            let waiting = self.stripe.get(waiting).await;
            waiting["data"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
        self.mail.let_all_in().await;
    }

    /// Nothing is left to do, and nothing was given up.
    pub(super) async fn worked_off(&self) {
        until("all jobs to end", PATIENCE, async || {
            self.holds("not exists (select 1 from prov.jobs where state <> 'dead')")
                .await
        })
        .await;
        let left = "select coalesce(jsonb_agg(e), '[]') from (select id, type, outcome, object_id
            from webhook_events where processed_at is null or outcome not in ('synced', 'ignored') limit 5) e";
        let left: Value = self.sql.query_one(left, &[]).await.unwrap().get(0);
        assert_eq!(left, json!([]));
    }

    /// Has the daemon catch up; answers how many events it had missed.
    pub(super) async fn catch_up(&self) -> i64 {
        let events = "select count(*) from audit_logs where action = 'webhook.missed'";
        let wish = "select prov.enqueue_stripe_catch_up(); select prov.ring(2)";
        self.sql.batch_execute(wish).await.unwrap();
        self.worked_off().await;
        self.holds(
            "began_at is null and complete_to > now() - interval '1 h' from prov.stripe_catch_up",
        )
        .await
        .unwrap();
        self.sql.query_one(events, &[]).await.unwrap().get(0)
    }
}

async fn catalogue(stripe: &Stripe) -> Vec<Price> {
    let mut prices = Vec::new();
    for (tier, cycle, amount, interval) in CATALOGUE {
        let product = stripe.post("/v1/products", &[("name", tier)]).await;
        let product = product.expect(200);
        let form = [
            ("currency", "usd"),
            ("unit_amount", amount),
            ("recurring[interval]", interval),
            ("product", product["id"].as_str().unwrap()),
        ];
        let price = stripe.post("/v1/prices", &form).await.expect(200);
        prices.push(Price {
            id: price["id"].as_str().unwrap().to_owned(),
            tier,
            cycle,
        });
    }
    prices
}

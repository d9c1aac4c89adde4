//! One customer's life: what it does, by its own clock.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use platform_tests::Answer;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::scene::{Price, Scene};
use crate::stripe::{DAY, DECLINED_CARD, FAILING_CARD, GOOD_CARD};

/// What a customer does.
#[derive(Debug, Clone, Copy)]
enum Command {
    Subscribe,
    LeaveIncomplete,
    Wait,
    ChangePlan,
    Cancel,
    TakeBack,
    CancelNow,
    Refund,
    ChangeCard,
    PayWhatIsOpen,
    Void,
    GetMail,
}

/// As often as each is here.
const COMMANDS: [Command; 19] = [
    Command::Subscribe,
    Command::Subscribe,
    Command::LeaveIncomplete,
    Command::Wait,
    Command::Wait,
    Command::Wait,
    Command::Wait,
    Command::ChangePlan,
    Command::ChangePlan,
    Command::Cancel,
    Command::TakeBack,
    Command::TakeBack,
    Command::CancelNow,
    Command::Refund,
    Command::ChangeCard,
    Command::PayWhatIsOpen,
    Command::Void,
    Command::GetMail,
    Command::GetMail,
];

/// A life that was lived.
pub(super) struct Life {
    pub(super) customer: String,
    seed: u64,
    account: Uuid,
    clock: String,
    now: i64,
    chance: StdRng,
    /// The subscription that was last begun.
    subscription: Option<String>,
    /// The Checkout Session that was last opened.
    session: Option<String>,
    story: Vec<String>,
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let story = self.story.join(", ");
        write!(
            f,
            "BILLING_SEED={} BILLING_LIVES=1 ({}): {story}",
            self.seed, self.customer
        )
    }
}

impl Life {
    pub(super) async fn live(scene: &Scene, seed: u64) -> Self {
        let mut life = Self::begin(scene, seed).await;
        life.subscribe(scene).await;
        for _ in 0..life.chance.random_range(2..7) {
            let command = *COMMANDS.choose(&mut life.chance).unwrap();
            life.act(scene, command).await;
        }
        // the rest comes when Stripe has sent all there is
        scene.mail.let_some_in(&life.customer).await;
        life
    }

    async fn begin(scene: &Scene, seed: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let account = Uuid::new_v4();
        let customer = scene.stripe.post("/v1/customers", &[]).await.expect(200);
        let customer = customer["id"].as_str().unwrap().to_owned();
        let insert =
            "insert into accounts (id, email, stripe_customer_id) values ($1, 'a@example.org', $2)";
        let inserted = scene.sql.execute(insert, &[&account, &customer]).await;
        inserted.unwrap();
        scene.mail.open_box(&customer, seed);
        Self {
            clock: scene.stripe.clock_of(&customer, now).await,
            customer,
            seed,
            account,
            now,
            chance: StdRng::seed_from_u64(seed),
            subscription: None,
            session: None,
            story: Vec::new(),
        }
    }

    async fn act(&mut self, scene: &Scene, command: Command) {
        match command {
            Command::Subscribe => self.subscribe(scene).await,
            Command::LeaveIncomplete => self.leave_incomplete(scene).await,
            Command::Wait => self.wait(scene).await,
            Command::ChangePlan => self.change_plan(scene).await,
            Command::Cancel => self.schedule_end(scene, "true").await,
            Command::TakeBack => self.schedule_end(scene, "false").await,
            Command::CancelNow => self.cancel_now(scene).await,
            Command::Refund => self.refund(scene).await,
            Command::ChangeCard => self.change_card(scene).await,
            Command::PayWhatIsOpen => self.settle_invoice(scene, "pay").await,
            Command::Void => self.settle_invoice(scene, "void").await,
            Command::GetMail => scene.mail.let_some_in(&self.customer).await,
        }
    }

    /// Also a refusal is part of a life; trouble of the stand-in's is not.
    fn tell(&mut self, what: impl fmt::Display, answer: &Answer) {
        assert!(answer.status < 500, "{self}, {what}: {}", answer.text);
        self.story.push(format!("{what} {}", answer.status));
    }

    fn price(&mut self, scene: &Scene) -> Price {
        scene.prices.choose(&mut self.chance).unwrap().clone()
    }

    /// By a Checkout Session, whose page takes the card at once, at the second try, or never.
    async fn subscribe(&mut self, scene: &Scene) {
        if self.is_subscribed(scene).await {
            return;
        }
        self.give_up_the_former(scene).await;
        let price = self.price(scene);
        let mut form = vec![
            ("mode", "subscription"),
            ("customer", &*self.customer),
            ("line_items[0][price]", &*price.id),
            ("line_items[0][quantity]", "1"),
            ("success_url", "http://app.test/"),
        ];
        if self.chance.random_bool(0.5) {
            form.push(("subscription_data[trial_period_days]", "14"));
        }
        let session = scene
            .stripe
            .post("/v1/checkout/sessions", &form)
            .await
            .expect(200);
        let id = session["id"].as_str().unwrap();
        let keep = "insert into checkout_sessions (stripe_session_id, account_id, tier, billing_cycle, url, expires_at)
            values ($1, $2, $3, $4, 'http://x', now() + interval '1 day')";
        let row: [&(dyn ToSql + Sync); 4] = [&id, &self.account, &price.tier, &price.cycle];
        scene.sql.execute(keep, &row).await.unwrap();
        self.session = Some(id.to_owned());
        let page = format!("{}/pay", session["url"].as_str().unwrap());
        let cards: &[&str] = match self.chance.random_range(0..10) {
            0..6 => &[GOOD_CARD],
            6..8 => &[FAILING_CARD],
            8 => &[DECLINED_CARD, GOOD_CARD],
            _ => &[DECLINED_CARD],
        };
        let mut is_paid = false;
        for card in cards {
            let paid = scene.stripe.submit(&page, &[("card", card)]).await;
            self.tell(
                format!("subscribe to {} {} by {card}", price.tier, price.cycle),
                &paid,
            );
            is_paid = paid.status == 303;
        }
        if is_paid {
            let session = format!("/v1/checkout/sessions/{id}");
            let session = scene.stripe.get(&session).await;
            self.subscription = session["subscription"].as_str().map(str::to_owned);
        }
    }

    /// Then the platform opens the portal, not a session.
    async fn is_subscribed(&self, scene: &Scene) -> bool {
        let Some(id) = &self.subscription else {
            return false;
        };
        let status = scene.stripe.subscription(id).await["status"].clone();
        let ended = ["canceled", "incomplete", "incomplete_expired"];
        !ended.iter().any(|ended| status == *ended)
    }

    /// As the platform does before it opens another session.
    async fn give_up_the_former(&mut self, scene: &Scene) {
        let Some(id) = self.session.take() else {
            return;
        };
        let path = format!("/v1/checkout/sessions/{id}/expire");
        let closed = scene.stripe.post(&path, &[]).await;
        self.tell("close the former session", &closed);
        let give_up = "update checkout_sessions set status = 'expired'
            where stripe_session_id = $1 and status = 'open'";
        scene.sql.execute(give_up, &[&id]).await.unwrap();
    }

    /// A subscription whose first payment waits for 23 hours.
    async fn leave_incomplete(&mut self, scene: &Scene) {
        let price = self.price(scene);
        let form = [
            ("customer", &*self.customer),
            ("items[0][price]", &*price.id),
            ("payment_behavior", "default_incomplete"),
        ];
        let begun = scene.stripe.post("/v1/subscriptions", &form).await;
        self.tell("leave incomplete", &begun);
    }

    async fn wait(&mut self, scene: &Scene) {
        let days = *[1, 3, 12, 15, 31, 40].choose(&mut self.chance).unwrap();
        self.now += days * DAY + self.chance.random_range(1..DAY);
        self.story.push(format!("{days} days"));
        scene.stripe.move_clock(&self.clock, self.now).await;
    }

    async fn update(&mut self, scene: &Scene, what: &str, form: &[(&str, &str)]) {
        if let Some(id) = self.subscription.clone() {
            let updated = scene
                .stripe
                .post(&format!("/v1/subscriptions/{id}"), form)
                .await;
            self.tell(what, &updated);
        }
    }

    async fn change_plan(&mut self, scene: &Scene) {
        let Some(id) = self.subscription.clone() else {
            return;
        };
        let present = scene.stripe.subscription(&id).await;
        let item = present["items"]["data"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let price = self.price(scene);
        let proration = *["create_prorations", "always_invoice", "none"]
            .choose(&mut self.chance)
            .unwrap();
        let form = [
            ("items[0][id]", &*item),
            ("items[0][price]", &*price.id),
            ("proration_behavior", proration),
        ];
        let what = format!("change to {} {} ({proration})", price.tier, price.cycle);
        self.update(scene, &what, &form).await;
    }

    async fn schedule_end(&mut self, scene: &Scene, scheduled: &str) {
        let form = [("cancel_at_period_end", scheduled)];
        let what = format!("end with the period: {scheduled}");
        self.update(scene, &what, &form).await;
    }

    async fn cancel_now(&mut self, scene: &Scene) {
        if let Some(id) = self.subscription.clone() {
            let ended = scene
                .stripe
                .delete(&format!("/v1/subscriptions/{id}"))
                .await;
            self.tell("end now", &ended);
        }
    }

    async fn refund(&mut self, scene: &Scene) {
        let charges = format!("/v1/charges?customer={}&limit=100", self.customer);
        let charges = scene.stripe.list(&charges).await;
        let paid = |charge: &&Value| charge["paid"] == true && charge["refunded"] == false;
        if let Some(charge) = charges.iter().find(paid) {
            let form = [("charge", charge["id"].as_str().unwrap())];
            let refunded = scene.stripe.post("/v1/refunds", &form).await;
            self.tell("refund", &refunded);
        }
    }

    async fn change_card(&mut self, scene: &Scene) {
        let card = *["pm_card_visa", "pm_card_chargeCustomerFail"]
            .choose(&mut self.chance)
            .unwrap();
        let attach = format!("/v1/payment_methods/{card}/attach");
        let attached = scene
            .stripe
            .post(&attach, &[("customer", &self.customer)])
            .await;
        let attached = attached.expect(200);
        let form = [("default_payment_method", attached["id"].as_str().unwrap())];
        self.update(scene, card, &form).await;
    }

    async fn settle_invoice(&mut self, scene: &Scene, how: &str) {
        let open = format!(
            "/v1/invoices?customer={}&status=open&limit=100",
            self.customer
        );
        let open = scene.stripe.list(&open).await;
        if let Some(invoice) = open.first() {
            let path = format!("/v1/invoices/{}/{how}", invoice["id"].as_str().unwrap());
            let settled = scene.stripe.post(&path, &[]).await;
            self.tell(format!("{how} an invoice"), &settled);
        }
    }
}

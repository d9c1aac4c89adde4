//! `delete-account`: what is charged and what runs ends first, then nothing of the account is left.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use http::Response;
use provisioner_daemon::jobs::{DeleteAccount, StripeTransport};
use provisioner_daemon::runner::Runner;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::invariants;
use crate::made_up::{quick, start};
use crate::stripe_fake::{client, subscription};
use crate::world::{ACCOUNT, World};

/// The subscriptions of one customer, and what was asked.
#[derive(Clone, Default)]
pub(crate) struct Subscriptions {
    all: Arc<Mutex<Vec<Value>>>,
    /// Ids of checkouts that can still be paid.
    open: Arc<Mutex<Vec<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<Vec<u16>>>,
}

impl Subscriptions {
    fn of(all: Vec<Value>) -> Self {
        Self {
            all: Arc::new(Mutex::new(all)),
            ..Self::default()
        }
    }

    pub(crate) fn with_one() -> Self {
        Self::of(vec![subscription("active", "price_hobby")])
    }

    fn answer(&self, method: &str, path: &str) -> (u16, Value) {
        self.asked.lock().unwrap().push(format!("{method} {path}"));
        if let Some(status) = self.refusals.lock().unwrap().pop() {
            return (status, json!({"error": {"message": "later"}}));
        }
        if path.starts_with("/v1/checkout/sessions") {
            let mut open = self.open.lock().unwrap();
            let shown: Vec<_> = open.iter().map(|id| session(id)).collect();
            if method == "GET" {
                return (200, json!({"data": shown, "has_more": false}));
            }
            open.clear();
            return (200, shown[0].clone());
        }
        let mut all = self.all.lock().unwrap();
        if method == "GET" {
            return (200, json!({"data": *all, "has_more": false}));
        }
        let id = path.rsplit('/').next().unwrap();
        let one = all.iter_mut().find(|one| one["id"] == id).unwrap();
        one["status"] = "canceled".into();
        (200, one.clone())
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn handler(&self) -> DeleteAccount {
        let subscriptions = self.clone();
        let transport = StripeTransport::new(move |request| {
            let method = request.method().as_str();
            let (status, body) = subscriptions.answer(method, request.uri().path());
            let answer = Response::builder().status(status);
            let answer = answer.body(body.to_string().into()).unwrap();
            async move { Ok(answer) }.boxed()
        });
        DeleteAccount::new(client(transport, "http://stripe"))
    }

    fn run(&self, world: &World) -> Runner {
        start(world, self.handler(), quick())
    }
}

fn session(id: &str) -> Value {
    json!({"id": id, "object": "checkout.session", "url": null, "status": "open", "payment_status": "unpaid",
        "customer": "cus_ann", "subscription": null, "client_reference_id": null, "expires_at": 0})
}

/// An account with everything that an account can have, whose days are over; and another one.
pub(crate) async fn departing() -> (World, Uuid) {
    let world = World::new().await;
    let other = Uuid::from_u128(2);
    world.account(other, "bo@example.com", "cus_bo").await;
    let instance = world.instance(ACCOUNT, "ann").await;
    world.instance(other, "bob").await;
    world
        .run(&format!(
            "update instances set status = 'running', observed_gen = desired_gen, status_deadline = null;
             insert into auth.users (id, email) values ('{ACCOUNT}', 'ann@example.com'), ('{other}', 'bo@example.com');
             insert into payments (account_id, stripe_invoice_id, status, amount_due, amount_paid, currency, created_at, synced_at)
               values ('{ACCOUNT}', 'in_1', 'paid', 1, 1, 'usd', now(), now());
             insert into webhook_events (id, type, object_type, customer_id, account_id, livemode, payload, created_at)
               values ('evt_1', 'x', 'x', 'cus_ann', null, false, '{{}}', now()),
                 ('evt_2', 'x', 'x', 'cus_bo', '{other}', false, '{{}}', now());
             insert into account_notes (account_id, notes) values ('{ACCOUNT}', 'x');
             insert into audit_logs (account_id, actor_type, action, resource_type) values ('{ACCOUNT}', 'account', 'x', 'x');
             insert into account_deletions (account_id, due_at) values ('{ACCOUNT}', now() - interval '1 s');
             update accounts set status = 'deleted' where id = '{ACCOUNT}';
             select prov.enqueue_account_deletion('{ACCOUNT}', '0'); select prov.ring(1)"
        ))
        .await;
    (world, instance)
}

/// The daemon's other part is done: the instance is gone. And the job looks again at once.
async fn instance_goes(world: &World, instance: Uuid) {
    world
        .run(&format!(
            "delete from prov.jobs where lane = 'instance:{instance}';
             update instances set status = 'deprovisioned', observed_gen = desired_gen where id = '{instance}';
             update prov.jobs set run_at = now() where kind = 'delete-account'; select prov.ring(1)"
        ))
        .await;
}

#[tokio::test]
async fn nothing_is_left_but_what_the_books_need() {
    let (world, instance) = departing().await;
    let mut ended = subscription("canceled", "price_hobby");
    ended["id"] = "sub_0".into();
    let stripe = Subscriptions::of(vec![subscription("active", "price_hobby"), ended]);
    stripe.refusals.lock().unwrap().push(500);
    stripe.open.lock().unwrap().push("cs_1");
    let runner = stripe.run(&world);
    world
        .until("exists (select from prov.jobs where kind = 'delete-account' and state = 'queued' and attempt > 0)")
        .await;
    world
        .run("update prov.jobs set run_at = now() where kind = 'delete-account'; select prov.ring(1)")
        .await;
    // it waits for the instance, which is wished gone
    world
        .until(&format!(
            "(select desired_state from instances where id = '{instance}') = 'deleted'
             and exists (select from prov.jobs where lane = 'instance:{instance}')"
        ))
        .await;
    world
        .until("exists (select from account_deletions where begun_at is not null)")
        .await;
    let there: bool = world
        .ask("select exists (select from accounts where email like 'ann@%')")
        .await;
    assert!(there);
    instance_goes(&world, instance).await;
    world
        .until("not exists (select from prov.jobs where kind = 'delete-account')")
        .await;
    runner.drain().await;

    let cancelled = "DELETE /v1/subscriptions/sub_1";
    let asked = stripe.asked();
    assert_eq!(
        asked.iter().filter(|one| *one == cancelled).count(),
        1,
        "{asked:?}"
    );
    assert!(!asked.iter().any(|one| one.contains("sub_0")), "{asked:?}");
    let closed = asked
        .iter()
        .position(|one| one == "POST /v1/checkout/sessions/cs_1/expire");
    let ended = asked.iter().position(|one| one == cancelled);
    assert!(closed.is_some() && closed < ended, "{asked:?}");
    for (what, left) in [
        ("accounts where email = 'ann@example.com'", 0),
        ("auth.users where email = 'ann@example.com'", 0),
        ("instances where subdomain = 'ann'", 0),
        ("account_notes", 0),
        ("account_deletions", 0),
        ("webhook_events where customer_id = 'cus_ann'", 0),
        ("payments where account_id is null", 1),
        ("audit_logs where action = 'account.erase'", 1),
        // and nothing of the other one's
        ("accounts where email = 'bo@example.com'", 1),
        ("auth.users where email = 'bo@example.com'", 1),
        ("instances where subdomain = 'bob'", 1),
        ("webhook_events where customer_id = 'cus_bo'", 1),
    ] {
        let count: i64 = world.ask(&format!("select count(*) from {what}")).await;
        assert_eq!(count, left, "{what}");
    }
    invariants::check_queue(&world).await;
}

#[tokio::test]
async fn who_came_back_stays() {
    let (world, _) = departing().await;
    world
        .run(&format!(
            "delete from account_deletions; update accounts set status = 'active' where id = '{ACCOUNT}'"
        ))
        .await;
    let stripe = Subscriptions::with_one();
    let runner = stripe.run(&world);
    world
        .until("not exists (select from prov.jobs where kind = 'delete-account')")
        .await;
    runner.drain().await;
    assert!(stripe.asked().is_empty());
    let kept: i64 = world
        .ask("select count(*) from instances where desired_state = 'running'")
        .await;
    assert_eq!(kept, 2);
    let outcome: String = world
        .ask("select outcome from prov.job_history where kind = 'delete-account'")
        .await;
    assert_eq!(outcome, "superseded");
}

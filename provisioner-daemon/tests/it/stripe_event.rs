//! `stripe-event` against a Stripe that holds objects.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response};
use provisioner_daemon::jobs::{StripeEvent, StripeTransport};
use provisioner_daemon::runner::{Runner, Settings};
use serde_json::{Value, json};
use stripe::{Client, SecretKey};

use crate::world::World;

/// Objects by path; a number instead of an object is an error status, given out once.
#[derive(Clone, Default)]
struct Stripe(Arc<Mutex<HashMap<String, Vec<Value>>>>);

impl Stripe {
    fn put(&self, path: &str, object: Value) {
        self.0.lock().unwrap().insert(path.to_owned(), vec![object]);
    }

    fn fail_first(&self, path: &str, status: u16) {
        self.0
            .lock()
            .unwrap()
            .get_mut(path)
            .unwrap()
            .push(json!(status));
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut objects = self.0.lock().unwrap();
        let found = objects.get_mut(request.uri().path());
        let value = found.and_then(|versions| {
            if versions.len() > 1 {
                versions.pop()
            } else {
                versions.last().cloned()
            }
        });
        let (status, body) = match value {
            Some(Value::Number(status)) => {
                (u16::try_from(status.as_u64().unwrap()).unwrap(), json!({}))
            }
            Some(object) => (200, object),
            None => (
                404,
                json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}}),
            ),
        };
        Response::builder()
            .status(status)
            .body(body.to_string().into())
            .unwrap()
    }

    fn run(&self, world: &World) -> Runner {
        let stripe = self.clone();
        let transport = StripeTransport::new(move |request| {
            let answer = stripe.answer(&request);
            async move { Ok(answer) }.boxed()
        });
        let client = Client::new(
            transport,
            "http://stripe",
            SecretKey::new("sk_test_1").unwrap(),
        )
        .unwrap();
        let prices = "hobby_monthly=price_hobby,pro_yearly=price_pro"
            .parse()
            .unwrap();
        let handler = Arc::new(StripeEvent::new(client, prices));
        let settings = Settings {
            retry: (
                std::time::Duration::from_millis(1),
                std::time::Duration::from_millis(10),
            ),
            ..Settings::default()
        };
        Runner::start(
            world.db.clone(),
            &world.daemon_url(),
            vec![handler],
            settings,
        )
        .unwrap()
    }
}

fn subscription(status: &str, price: &str) -> Value {
    json!({"id": "sub_1", "object": "subscription", "customer": "cus_ann", "status": status, "created": 1,
        "trial_end": 1_800_000_000, "cancel_at_period_end": false, "metadata": {},
        "items": {"object": "list", "has_more": false, "data": [{"id": "si_1", "quantity": 1,
            "current_period_start": 1_700_000_000, "current_period_end": 1_702_000_000,
            "price": {"id": price, "currency": "usd", "unit_amount": 2000}}]}})
}

async fn event(world: &World, id: &str, kind: &str, object: (&str, &str)) {
    world
        .run(&format!(
            "insert into webhook_events (id, type, object_type, object_id, customer_id, livemode, payload, created_at) \
             values ('{id}', '{kind}', '{}', '{}', 'cus_ann', false, '{{}}', now()); \
             select prov.enqueue_stripe_event('{id}'); select prov.ring(0)",
            object.0, object.1
        ))
        .await;
}

async fn outcome(world: &World, id: &str) -> String {
    world
        .until(&format!(
            "select outcome is not null from webhook_events where id = '{id}'"
        ))
        .await;
    world.ask(&format!("select outcome || case when processed_at is null then ' open' else '' end from webhook_events where id = '{id}'")).await
}

#[tokio::test]
async fn a_subscription_is_read_back_and_saved_whole() {
    let world = World::new().await;
    let stripe = Stripe::default();
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("trialing", "price_hobby"),
    );
    let runner = stripe.run(&world);
    event(
        &world,
        "evt_1",
        "customer.subscription.created",
        ("subscription", "sub_1"),
    )
    .await;
    assert_eq!(outcome(&world, "evt_1").await, "synced");
    let saved: bool = world
        .ask(
            "select tier = 'hobby' and billing_cycle = 'monthly' and status = 'trialing' and max_agents = 100 \
             and max_messages_per_day = 999999 and max_storage_gb = 5 and trial_ends_at = to_timestamp(1800000000) \
             and current_period_end = to_timestamp(1702000000) and stripe_price_id = 'price_hobby' from subscriptions",
        )
        .await;
    assert!(saved);

    // The object decides, not the event: this "updated" finds it cancelled, in Stripe's spelling.
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("canceled", "price_pro"),
    );
    event(
        &world,
        "evt_2",
        "customer.subscription.updated",
        ("subscription", "sub_1"),
    )
    .await;
    assert_eq!(outcome(&world, "evt_2").await, "synced");
    let saved: bool = world
        .ask("select status = 'cancelled' and tier = 'pro' from subscriptions")
        .await;
    assert!(saved);
    let audited: i64 = world
        .ask("select count(*) from audit_logs where actor_type = 'stripe'")
        .await;
    assert_eq!(audited, 2);
    runner.drain().await;
}

#[tokio::test]
async fn the_same_event_twice_changes_nothing_more() {
    let world = World::new().await;
    let stripe = Stripe::default();
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("active", "price_hobby"),
    );
    let runner = stripe.run(&world);
    event(
        &world,
        "evt_1",
        "customer.subscription.created",
        ("subscription", "sub_1"),
    )
    .await;
    outcome(&world, "evt_1").await;
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("past_due", "price_hobby"),
    );
    world
        .run("select prov.enqueue_stripe_event('evt_1'); select prov.ring(0)")
        .await;
    world
        .until("select count(*) = 2 from prov.job_history")
        .await;
    let status: String = world.ask("select status from subscriptions").await;
    assert_eq!(status, "active");
    runner.drain().await;
}

#[tokio::test]
async fn a_paid_checkout_brings_its_subscription_and_an_invoice_its_payment() {
    let world = World::new().await;
    world
        .run(
            "insert into checkout_sessions (stripe_session_id, account_id, tier, billing_cycle, url, expires_at) \
             select 'cs_1', id, 'hobby', 'monthly', 'http://x', now() + interval '1 h' from accounts",
        )
        .await;
    let stripe = Stripe::default();
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("active", "price_hobby"),
    );
    stripe.put(
        "/v1/checkout/sessions/cs_1",
        json!({"id": "cs_1", "object": "checkout.session", "status": "complete", "payment_status": "paid",
            "customer": "cus_ann", "subscription": "sub_1", "expires_at": 1}),
    );
    stripe.put(
        "/v1/invoices/in_1",
        json!({"id": "in_1", "object": "invoice", "number": "A-1", "status": "paid", "amount_due": 2000,
            "amount_paid": 2000, "currency": "usd", "customer": "cus_ann", "created": 1_700_000_000,
            "parent": {"subscription_details": {"subscription": "sub_1"}}}),
    );
    let runner = stripe.run(&world);
    event(
        &world,
        "evt_1",
        "checkout.session.completed",
        ("checkout.session", "cs_1"),
    )
    .await;
    event(&world, "evt_2", "invoice.paid", ("invoice", "in_1")).await;
    assert_eq!(outcome(&world, "evt_1").await, "synced");
    assert_eq!(outcome(&world, "evt_2").await, "synced");
    let is_complete: bool = world
        .ask("select status = 'complete' from checkout_sessions")
        .await;
    assert!(is_complete);
    let is_paid: bool = world
        .ask("select amount_paid = 2000 and currency = 'usd' and stripe_subscription_id = 'sub_1' from payments")
        .await;
    assert!(is_paid);
    let subscriptions: i64 = world
        .ask("select count(*) from subscriptions where status = 'active'")
        .await;
    assert_eq!(subscriptions, 1);
    runner.drain().await;
}

#[tokio::test]
async fn an_unknown_customer_waits_for_its_account() {
    let world = World::new().await;
    world
        .run("update accounts set stripe_customer_id = null")
        .await;
    let stripe = Stripe::default();
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("active", "price_hobby"),
    );
    let runner = stripe.run(&world);
    event(
        &world,
        "evt_1",
        "customer.subscription.created",
        ("subscription", "sub_1"),
    )
    .await;
    assert_eq!(outcome(&world, "evt_1").await, "unknown_customer open");
    world
        .run("update accounts set stripe_customer_id = 'cus_ann'")
        .await;
    world
        .run("update webhook_events set received_at = now() - interval '1 min'")
        .await;
    assert_eq!(
        store::daemon::jobs::enqueue_lost(&world.db).await.unwrap(),
        (0, 1)
    );
    world
        .until("select outcome = 'synced' and processed_at is not null from webhook_events")
        .await;
    runner.drain().await;
}

#[tokio::test]
async fn an_older_read_never_overwrites_a_newer() {
    let world = World::new().await;
    let stripe = Stripe::default();
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("active", "price_hobby"),
    );
    let runner = stripe.run(&world);
    event(
        &world,
        "evt_1",
        "customer.subscription.created",
        ("subscription", "sub_1"),
    )
    .await;
    outcome(&world, "evt_1").await;
    world
        .run("update subscriptions set synced_at = now() + interval '1 h', status = 'past_due'")
        .await;
    event(
        &world,
        "evt_2",
        "customer.subscription.updated",
        ("subscription", "sub_1"),
    )
    .await;
    outcome(&world, "evt_2").await;
    let status: String = world.ask("select status from subscriptions").await;
    assert_eq!(status, "past_due");
    runner.drain().await;
}

#[tokio::test]
async fn trouble_is_retried_and_nonsense_parked() {
    let world = World::new().await;
    let stripe = Stripe::default();
    stripe.put(
        "/v1/subscriptions/sub_1",
        subscription("active", "price_hobby"),
    );
    stripe.fail_first("/v1/subscriptions/sub_1", 500);
    stripe.fail_first("/v1/subscriptions/sub_1", 429);
    stripe.put(
        "/v1/subscriptions/sub_2",
        subscription("active", "price_of_another"),
    );
    let runner = stripe.run(&world);
    for (id, kind, object, expected) in [
        (
            "evt_1",
            "customer.subscription.created",
            ("subscription", "sub_1"),
            "synced",
        ),
        (
            "evt_2",
            "customer.subscription.created",
            ("subscription", "sub_2"),
            "unknown_price open",
        ),
        (
            "evt_3",
            "customer.subscription.deleted",
            ("subscription", "sub_gone"),
            "gone",
        ),
        (
            "evt_4",
            "customer.subscription.created",
            ("subscription", "../evil"),
            "invalid_id open",
        ),
        (
            "evt_5",
            "customer.updated",
            ("customer", "cus_ann"),
            "ignored",
        ),
    ] {
        event(&world, id, kind, object).await;
        assert_eq!(outcome(&world, id).await, expected, "{id}");
    }
    world.run("update webhook_events set livemode = true, processed_at = null, outcome = null where id = 'evt_1'").await;
    world
        .run("select prov.enqueue_stripe_event('evt_1'); select prov.ring(0)")
        .await;
    assert_eq!(outcome(&world, "evt_1").await, "wrong_mode open");
    runner.drain().await;
}

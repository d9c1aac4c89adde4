//! `stripe-event` against a Stripe that holds objects.

use std::time::Duration;

use provisioner_daemon::runner::Runner;
use serde_json::json;

use crate::stripe_fake::{Refusal, SUBSCRIPTION, Stripe, event, outcome, subscription};
use crate::world::World;

/// A daemon and a Stripe with a subscription of the world's account.
struct Scene {
    world: World,
    stripe: Stripe,
    runner: Runner,
}

impl Scene {
    async fn new(status: &str) -> Self {
        let world = World::new().await;
        let stripe = Stripe::default();
        stripe.put(SUBSCRIPTION, subscription(status, "price_hobby"));
        let runner = stripe.run(&world);
        Self {
            world,
            stripe,
            runner,
        }
    }

    /// An event that names the subscription; answers what it led to.
    async fn changed(&self, id: &str) -> String {
        let named = ("subscription", "sub_1");
        self.led_to(id, "customer.subscription.updated", named)
            .await
    }

    async fn led_to(&self, id: &str, kind: &str, object: (&str, &str)) -> String {
        event(&self.world, id, kind, object).await;
        outcome(&self.world, id).await
    }

    async fn again(&self, id: &str) {
        self.world
            .run(&format!(
                "select prov.enqueue_stripe_event('{id}'); select prov.ring(0)"
            ))
            .await;
    }

    async fn status(&self) -> String {
        self.world.ask("select status from subscriptions").await
    }
}

#[tokio::test]
async fn a_subscription_is_read_back_and_saved_whole() {
    let scene = Scene::new("trialing").await;
    assert_eq!(scene.changed("evt_1").await, "synced");
    let saved: bool = scene
        .world
        .ask(
            "select tier = 'hobby' and billing_cycle = 'monthly' and status = 'trialing' and max_agents = 100 \
             and max_messages_per_day = 999999 and max_storage_gb = 5 and trial_ends_at = to_timestamp(1800000000) \
             and current_period_end = to_timestamp(1702000000) and stripe_price_id = 'price_hobby' from subscriptions",
        )
        .await;
    assert!(saved);

    // The object decides, not the event: this "updated" finds it cancelled, in Stripe's spelling.
    let cancelled = subscription("canceled", "price_pro");
    scene.stripe.put(SUBSCRIPTION, cancelled);
    assert_eq!(scene.changed("evt_2").await, "synced");
    let saved: bool = scene
        .world
        .ask("select status = 'cancelled' and tier = 'pro' from subscriptions")
        .await;
    assert!(saved);
    let audited: i64 = scene
        .world
        .ask("select count(*) from audit_logs where actor_type = 'stripe'")
        .await;
    assert_eq!(audited, 2);
    scene.runner.drain().await;
}

#[tokio::test]
async fn the_same_event_twice_changes_nothing_more() {
    let scene = Scene::new("active").await;
    scene.changed("evt_1").await;
    let overdue = subscription("past_due", "price_hobby");
    scene.stripe.put(SUBSCRIPTION, overdue);
    scene.again("evt_1").await;
    scene
        .world
        .until("select count(*) = 2 from prov.job_history")
        .await;
    assert_eq!(scene.status().await, "active");
    scene.runner.drain().await;
}

#[tokio::test]
async fn a_paid_checkout_brings_its_subscription_and_an_invoice_its_payment() {
    let scene = Scene::new("active").await;
    scene
        .world
        .run(
            "insert into checkout_sessions (stripe_session_id, account_id, tier, billing_cycle, url, expires_at) \
             select 'cs_1', id, 'hobby', 'monthly', 'http://x', now() + interval '1 h' from accounts",
        )
        .await;
    scene.stripe.put(
        "/v1/checkout/sessions/cs_1",
        json!({"id": "cs_1", "object": "checkout.session", "status": "complete", "payment_status": "paid",
            "customer": "cus_ann", "subscription": "sub_1", "expires_at": 1}),
    );
    scene.stripe.put(
        "/v1/invoices/in_1",
        json!({"id": "in_1", "object": "invoice", "number": "A-1", "status": "paid", "amount_due": 2000,
            "amount_paid": 2000, "currency": "usd", "customer": "cus_ann", "created": 1_700_000_000,
            "parent": {"subscription_details": {"subscription": "sub_1"}}}),
    );
    for (id, kind, object) in [
        (
            "evt_1",
            "checkout.session.completed",
            ("checkout.session", "cs_1"),
        ),
        ("evt_2", "invoice.paid", ("invoice", "in_1")),
    ] {
        assert_eq!(scene.led_to(id, kind, object).await, "synced", "{id}");
    }
    for expected in [
        "select status = 'complete' from checkout_sessions",
        "select amount_paid = 2000 and currency = 'usd' and stripe_subscription_id = 'sub_1' from payments",
        "select count(*) = 1 from subscriptions where status = 'active'",
    ] {
        assert!(scene.world.ask::<bool>(expected).await, "{expected}");
    }
    scene.runner.drain().await;
}

#[tokio::test]
async fn an_unknown_customer_waits_for_its_account() {
    let scene = Scene::new("active").await;
    scene
        .world
        .run("update accounts set stripe_customer_id = null")
        .await;
    assert_eq!(scene.changed("evt_1").await, "unknown_customer open");
    scene
        .world
        .run(
            "update accounts set stripe_customer_id = 'cus_ann'; \
             update webhook_events set received_at = now() - interval '1 min'",
        )
        .await;
    let lost =
        store::daemon::chores::enqueue_lost(&scene.world.db, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(lost.unwrap(), Some((0, 1)));
    scene
        .world
        .until("select outcome = 'synced' and processed_at is not null from webhook_events")
        .await;
    scene.runner.drain().await;
}

#[tokio::test]
async fn an_older_read_never_overwrites_a_newer() {
    let scene = Scene::new("active").await;
    scene.changed("evt_1").await;
    scene
        .world
        .run("update subscriptions set synced_at = now() + interval '1 h', status = 'past_due'")
        .await;
    scene.changed("evt_2").await;
    assert_eq!(scene.status().await, "past_due");
    scene.runner.drain().await;
}

#[tokio::test]
async fn trouble_is_retried_and_nonsense_parked() {
    let scene = Scene::new("active").await;
    scene.stripe.refuse(SUBSCRIPTION, Refusal::Status(500));
    scene.stripe.refuse(SUBSCRIPTION, Refusal::Status(429));
    scene.stripe.put(
        "/v1/subscriptions/sub_2",
        subscription("active", "price_of_another"),
    );
    for (id, object, expected) in [
        ("evt_1", ("subscription", "sub_1"), "synced"),
        ("evt_2", ("subscription", "sub_2"), "unknown_price open"),
        ("evt_3", ("subscription", "sub_gone"), "gone"),
        ("evt_4", ("subscription", "../evil"), "invalid_id open"),
        ("evt_5", ("customer", "cus_ann"), "ignored"),
    ] {
        let led_to = scene.led_to(id, "customer.subscription.updated", object);
        assert_eq!(led_to.await, expected, "{id}");
    }
    scene
        .world
        .run("update webhook_events set livemode = true, processed_at = null, outcome = null where id = 'evt_1'")
        .await;
    scene.again("evt_1").await;
    assert_eq!(outcome(&scene.world, "evt_1").await, "wrong_mode open");
    scene.runner.drain().await;
}

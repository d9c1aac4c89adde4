//! Webhooks that come twice, in another order, or never; and the way back.

use std::time::Duration;

use platform_tests::until;
use reqwest::Method;
use serde_json::json;

use crate::shop::{Buyer, Shop};
use crate::stripe::{DAY, GOOD_CARD};

impl Shop {
    async fn webhooks(&self, mode: serde_json::Value) {
        self.stripe.control("webhooks", &mode).await;
    }

    /// Has the platform catch up with Stripe, and awaits that it did.
    async fn reconcile(&self) {
        let key = &self.platform.system_keys.maintenance;
        let path = "/system/billing-reconcile";
        let request = self.platform.api(Method::POST, path).bearer_auth(key);
        let job = self.platform.send(request).await.expect(202)["job"].clone();
        assert_eq!(job["kind"], "stripe-catch-up");
        let ended = "select count(*) from prov.job_history where id = $1 and outcome = 'done'";
        until("the catch-up", Duration::from_mins(1), async || {
            let row = self
                .database
                .query_one(ended, &[&job["id"].as_i64().unwrap()])
                .await;
            (row.unwrap().get::<_, i64>(0) == 1).then_some(())
        })
        .await;
    }

    /// No event of this customer is left to be worked on.
    async fn works_off(&self, buyer: &Buyer<'_>) {
        let left = "select count(*) from prov.jobs where lane = 'stripe:' || $1";
        until(
            "all events to be worked on",
            Duration::from_mins(1),
            async || {
                let row = self.database.query_one(left, &[&buyer.customer]).await;
                (row.unwrap().get::<_, i64>(0) == 0).then_some(())
            },
        )
        .await;
    }

    /// Nothing more will be sent about this customer.
    async fn gives_up_about(&self, buyer: &Buyer<'_>) {
        let events = "/v1/events?type=checkout.session.completed&limit=100";
        until(
            "the event to be lost",
            Duration::from_secs(30),
            async || {
                let page = self.stripe.get(events).await;
                let mut all = page["data"].as_array().unwrap().iter();
                let event = all
                    .find(|event| event["data"]["object"]["customer"] == buyer.customer.as_str())?;
                (event["pending_webhooks"] == 1).then_some(())
            },
        )
        .await;
    }
}

/// What the catch-up changed without an event.
const MENDED: &str =
    "audit_logs where actor_id = 'stripe-catch-up' and action = 'subscription_synced'";

#[tokio::test]
async fn lost_events_are_fetched_and_what_differs_is_mended() {
    let shop = Shop::open_alone().await;
    let buyer = shop.visitor("hobby").await;
    shop.webhooks(json!({"mode": "lost"})).await;
    assert_eq!(buyer.pay(&buyer.page, GOOD_CARD).await.status, 303);
    shop.gives_up_about(&buyer).await;
    // paid, though we do not know yet: no second page is opened
    let portal = buyer.page_of("pro").await;
    assert!(portal.contains("/p/session/"), "{portal}");
    assert_eq!(
        shop.count("audit_logs where action = 'billing.portal'", &buyer)
            .await,
        1
    );
    shop.webhooks(json!({"mode": "normal"})).await;
    buyer.sees("free", "active").await;

    shop.reconcile().await;
    buyer.sees("hobby", "trialing").await;
    until(
        "the session to be complete",
        Duration::from_secs(30),
        async || {
            let complete = "checkout_sessions where status = 'complete'";
            (shop.count(complete, &buyer).await == 1).then_some(())
        },
    )
    .await;
    shop.awaits(1, "payments where status = 'paid'", &buyer)
        .await;
    let missed = "audit_logs where action = 'webhook.missed'";
    let missed = format!("select count(*) from {missed}");
    let before: i64 = shop.database.query_one(&missed, &[]).await.unwrap().get(0);
    assert!(before >= 3, "subscription, invoice and session");

    shop.works_off(&buyer).await;
    // the pass may have seen the subscription before its event was worked on
    let mended = shop.count(MENDED, &buyer).await;
    let wrong =
        "update subscriptions set status = 'past_due' where account_id = $1 and tier = 'hobby'";
    shop.database
        .execute(wrong, &[&buyer.account.id])
        .await
        .unwrap();
    shop.reconcile().await;
    buyer.sees("hobby", "trialing").await;
    let after: i64 = shop.database.query_one(&missed, &[]).await.unwrap().get(0);
    assert_eq!(after, before, "nothing is fetched twice");
    assert_eq!(shop.count(MENDED, &buyer).await, mended + 1);
}

#[tokio::test]
async fn events_that_come_twice_and_in_another_order_change_nothing() {
    let shop = Shop::open_alone().await;
    shop.webhooks(json!({"mode": "duplicate"})).await;
    let mut buyer = shop.buyer("hobby", GOOD_CARD).await;
    until("both deliveries", Duration::from_secs(30), async || {
        let twice = "webhook_events where deliveries = 2 and outcome = 'synced'";
        (shop.count(twice, &buyer).await >= 3).then_some(())
    })
    .await;
    for seed in 1..4 {
        shop.webhooks(json!({"mode": "reordered", "seed": seed}))
            .await;
        let id = buyer.subscription_id().await;
        let path = format!("/v1/subscriptions/{id}");
        for scheduled in ["true", "false", "true", "false"] {
            let form = [("cancel_at_period_end", scheduled)];
            shop.stripe.post(&path, &form).await.expect(200);
        }
        buyer.days_pass(31).await;
        shop.webhooks(json!({"mode": "normal"})).await;
        let held = shop.stripe.subscription(&id).await;
        let ends = held["items"]["data"][0]["current_period_end"]
            .as_i64()
            .unwrap();
        let shown = buyer
            .awaits("Stripe's period", |shown| {
                seconds(&shown["current_period_end"]) == ends
            })
            .await;
        assert_eq!(shown["status"], "active");
        assert_eq!(shown["cancel_at_period_end"], false);
        assert!(ends - seconds(&shown["current_period_start"]) >= 28 * DAY);
    }
    assert_eq!(buyer.at_stripe().await.len(), 1);
    assert_eq!(
        shop.count("subscriptions where tier = 'hobby'", &buyer)
            .await,
        1
    );
}

fn seconds(time: &serde_json::Value) -> i64 {
    let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
    time.as_second()
}

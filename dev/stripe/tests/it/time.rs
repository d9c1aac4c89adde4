//! What happens by itself. The clock is moved instead of waiting.

use serde_json::Value;
use serde_json::json;
use stripe::Subscription;
use stripe::SubscriptionStatus;

use crate::support::Database;
use crate::support::Endpoint;
use crate::support::SUCCESSFUL_CARD;
use crate::support::StandIn;
use crate::support::eventually;

const DAY: i64 = 86_400;
/// It can be kept, and every charge fails.
const FAILING_CARD: &str = "4000000000000341";

async fn stand_in() -> (Endpoint, StandIn) {
    let database = Database::new().await;
    let endpoint = Endpoint::start(|_, _| 200).await;
    let stand_in = StandIn::start(&database, &endpoint.url).await;
    (endpoint, stand_in)
}

async fn move_clock(stand_in: &StandIn, seconds: i64) {
    let body = json!({ "seconds": seconds });
    let call = stand_in.call("POST", "/_control/clock").json(&body);
    let answer = call.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
}

async fn until(stand_in: &StandIn, id: &str, is: impl Fn(&Subscription) -> bool) -> Subscription {
    eventually(async || {
        let subscription = stand_in
            .client
            .retrieve_subscription(id)
            .await
            .expect("the subscription");
        is(&subscription).then_some(subscription)
    })
    .await
}

async fn invoices(stand_in: &StandIn, subscription: &str) -> Vec<Value> {
    let list = stand_in
        .get(&format!("/v1/invoices?subscription={subscription}"))
        .await;
    list["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_trial_ends_in_a_paid_month_which_is_renewed() {
    let (endpoint, stand_in) = stand_in().await;
    let id = stand_in.subscribe(Some(14), SUCCESSFUL_CARD).await;
    let trial = stand_in.client.retrieve_subscription(&id).await.unwrap();
    assert!(
        endpoint
            .of_kind("customer.subscription.trial_will_end")
            .is_empty()
    );

    move_clock(&stand_in, 12 * DAY).await;
    eventually(async || {
        endpoint
            .of_kind("customer.subscription.trial_will_end")
            .pop()
    })
    .await;
    move_clock(&stand_in, 3 * DAY).await;
    let active = |one: &Subscription| one.status == SubscriptionStatus::Active;
    let first = until(&stand_in, &id, active).await;
    assert_eq!(
        Some(first.items.data[0].current_period_start),
        trial.trial_end
    );
    let paid = invoices(&stand_in, &id).await;
    assert_eq!(paid[0]["amount_paid"], 2000);
    assert_eq!(paid[0]["billing_reason"], "subscription_cycle");
    assert_eq!(paid[1]["amount_paid"], 0);

    move_clock(&stand_in, 31 * DAY).await;
    let end = first.items.data[0].current_period_end;
    let is_renewed = |one: &Subscription| one.items.data[0].current_period_start == end;
    until(&stand_in, &id, is_renewed).await;
    assert_eq!(invoices(&stand_in, &id).await.len(), 3);
}

#[tokio::test]
async fn a_card_that_fails_lapses_the_subscription_and_ends_it_at_last() {
    let (endpoint, stand_in) = stand_in().await;
    let id = stand_in.subscribe(Some(1), FAILING_CARD).await;
    move_clock(&stand_in, DAY).await;
    until(&stand_in, &id, |one| {
        one.status == SubscriptionStatus::PastDue
    })
    .await;
    let failed = eventually(async || endpoint.of_kind("invoice.payment_failed").pop()).await;
    let invoice = failed.event.data.object.id.unwrap();
    let read = stand_in.client.retrieve_invoice(&invoice).await.unwrap();
    assert_eq!((read.attempt_count, read.amount_paid), (1, 0));
    assert_eq!(read.subscription(), Some(id.as_str()));

    for (tries, days) in [
        (2, 1),
        (3, 1),
        (4, 1),
        (5, 2),
        (6, 2),
        (7, 2),
        (8, 2),
        (9, 3),
    ] {
        move_clock(&stand_in, days * DAY).await;
        let read = stand_in.client.retrieve_invoice(&invoice).await.unwrap();
        assert_eq!(read.attempt_count, tries);
    }
    let ended = until(&stand_in, &id, |one| {
        one.status == SubscriptionStatus::Canceled
    })
    .await;
    assert!(ended.ended_at.is_some());
    eventually(async || endpoint.of_kind("customer.subscription.deleted").pop()).await;
    let read = stand_in.client.retrieve_invoice(&invoice).await.unwrap();
    assert_eq!(read.next_payment_attempt, None);
}

#[tokio::test]
async fn a_scheduled_end_comes_with_the_period() {
    let (endpoint, stand_in) = stand_in().await;
    let id = stand_in.subscribe(None, SUCCESSFUL_CARD).await;
    let client = &stand_in.client;
    let scheduled = client
        .set_cancel_at_period_end(&id, true, "cancel:1")
        .await
        .unwrap();
    assert!(scheduled.cancel_at_period_end);
    assert_eq!(
        scheduled.cancel_at,
        Some(scheduled.items.data[0].current_period_end)
    );
    move_clock(&stand_in, 32 * DAY).await;
    until(&stand_in, &id, |one| {
        one.status == SubscriptionStatus::Canceled
    })
    .await;
    eventually(async || endpoint.of_kind("customer.subscription.deleted").pop()).await;
    assert_eq!(
        invoices(&stand_in, &id).await.len(),
        1,
        "the next month is not charged"
    );
}

#[tokio::test]
async fn a_session_that_nobody_pays_expires() {
    let (endpoint, stand_in) = stand_in().await;
    let order = stand_in.order(None).await;
    move_clock(&stand_in, DAY).await;
    eventually(async || endpoint.of_kind("checkout.session.expired").pop()).await;
    let answer = stand_in.pay(&order.session, SUCCESSFUL_CARD).await;
    assert_eq!(answer.status(), 410);
    assert!(
        stand_in
            .client
            .list_subscriptions(&order.customer)
            .await
            .unwrap()
            .is_empty()
    );
}

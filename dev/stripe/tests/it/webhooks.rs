//! Deliveries: signed, at least once, in order, and a failing one holds up no other.

use serde_json::Value;

use crate::support::Database;
use crate::support::Endpoint;
use crate::support::SUCCESSFUL_CARD;
use crate::support::StandIn;
use crate::support::eventually;

#[tokio::test]
async fn events_arrive_once_and_in_order() {
    let database = Database::new().await;
    let endpoint = Endpoint::start(|_, _| 200).await;
    let stand_in = StandIn::start(&database, &endpoint.url).await;
    let id = stand_in.subscribe(Some(3), SUCCESSFUL_CARD).await;
    eventually(async || endpoint.of_kind("checkout.session.completed").pop()).await;
    let kinds: Vec<String> = endpoint
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.event.kind)
        .collect();
    let wanted = [
        "customer.subscription.created",
        "invoice.finalized",
        "invoice.paid",
        "customer.subscription.trial_will_end",
        "checkout.session.completed",
    ];
    assert_eq!(kinds, wanted);
    let created = &endpoint.deliveries()[0].event;
    assert_eq!(created.data.object.id.as_deref(), Some(id.as_str()));
    assert_eq!(created.api_version.as_deref(), Some(stripe::API_VERSION));
    // Delivered is delivered: the list says so.
    eventually(async || {
        let waiting = stand_in.get("/v1/events?delivery_success=false").await;
        waiting["data"].as_array().unwrap().is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_refused_event_is_sent_again_and_holds_up_no_other() {
    let database = Database::new().await;
    // The first event is refused twice, by an error and by a redirect.
    let endpoint = Endpoint::start(|kind, before| match (kind, before) {
        ("customer.subscription.created", 0) => 500,
        ("customer.subscription.created", 1) => 302,
        _ => 200,
    })
    .await;
    let stand_in = StandIn::start(&database, &endpoint.url).await;
    stand_in.subscribe(None, SUCCESSFUL_CARD).await;
    let tries = eventually(async || {
        let tries = endpoint.of_kind("customer.subscription.created");
        (tries.len() == 3).then_some(tries)
    })
    .await;
    assert!(
        tries
            .iter()
            .all(|delivery| delivery.event.id == tries[0].event.id)
    );
    // Each try is signed anew, over its own time.
    assert_ne!(tries[0].signature, tries[2].signature);
    let kinds: Vec<String> = endpoint
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.event.kind)
        .collect();
    assert_eq!(kinds[1], "invoice.finalized", "{kinds:?}");
}

#[tokio::test]
async fn what_nobody_subscribed_to_is_listed_and_not_sent() {
    let database = Database::new().await;
    let endpoint = Endpoint::start(|_, _| 200).await;
    let stand_in = StandIn::start(&database, &endpoint.url).await;
    stand_in.subscribe(None, SUCCESSFUL_CARD).await;
    eventually(async || endpoint.of_kind("checkout.session.completed").pop()).await;
    assert!(endpoint.of_kind("customer.created").is_empty());
    let listed: Value = stand_in.get("/v1/events?type=customer.created").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

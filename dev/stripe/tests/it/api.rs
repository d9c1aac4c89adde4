//! The API's edges: hostile input, two callers at once, and our own client on top.

use stripe::NewCustomer;
use stripe::NewPortalSession;
use stripe::PaymentStatus;

use crate::support::Database;
use crate::support::SUCCESSFUL_CARD;
use crate::support::StandIn;
use crate::support::http;
use crate::support::read;

const NOWHERE: &str = "http://127.0.0.1:9/webhooks/stripe";

async fn stand_in() -> StandIn {
    StandIn::start(&Database::new().await, NOWHERE).await
}

#[tokio::test]
async fn our_client_reads_what_it_wrote() {
    let stand_in = stand_in().await;
    let order = stand_in.order(Some(3)).await;
    let client = &stand_in.client;
    let open = client
        .list_open_checkout_sessions(&order.customer)
        .await
        .unwrap();
    assert_eq!(open.data.len(), 1);
    assert_eq!(
        open.data[0].url.as_deref(),
        Some(format!("http://stripe.test:8080/c/pay/{}", order.session).as_str())
    );
    let paid = stand_in.pay(&order.session, SUCCESSFUL_CARD).await;
    let location = format!("http://app.test/return?session={}", order.session);
    assert_eq!(paid.headers()["location"], location.as_str());

    let session = client
        .retrieve_checkout_session(&order.session)
        .await
        .unwrap();
    assert_eq!(session.payment_status, PaymentStatus::NoPaymentRequired);
    assert_eq!(session.client_reference_id.as_deref(), Some("account-1"));
    let all = client.list_subscriptions(&order.customer).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].metadata["account_id"], "1");
    assert_eq!(
        all[0].items.data[0].price.lookup_key.as_deref(),
        Some("hobby_monthly")
    );
    let portal = NewPortalSession {
        customer: &order.customer,
        return_url: "http://app.test/billing",
        configuration: None,
    };
    let portal = client
        .create_portal_session(&portal, "portal:1")
        .await
        .unwrap();
    let page = portal.url.replace("http://stripe.test:8080", &stand_in.url);
    let page = http().get(page).send().await.unwrap();
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("Cancel the subscription")
    );
}

#[tokio::test]
async fn the_same_call_twice_at_once_happens_once() {
    let stand_in = stand_in().await;
    let customer = NewCustomer {
        email: Some("twice@example.org"),
        ..NewCustomer::default()
    };
    let create = || {
        stand_in
            .client
            .create_customer(&customer, "account:7:customer")
    };
    let (first, second) = tokio::join!(create(), create());
    // The one that came while the other ran may be told to come again, and then gets its answer.
    let again = create().await.unwrap();
    for answer in [first, second] {
        match answer {
            Ok(customer) => assert_eq!(customer.id, again.id),
            Err(error) => assert!(error.is_transient(), "{error}"),
        }
    }
    let list = stand_in.get("/v1/customers?email=twice@example.org").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn two_clicks_on_pay_make_one_subscription() {
    let stand_in = stand_in().await;
    let order = stand_in.order(None).await;
    let (first, second) = tokio::join!(
        stand_in.pay(&order.session, SUCCESSFUL_CARD),
        stand_in.pay(&order.session, SUCCESSFUL_CARD)
    );
    assert_eq!(
        (first.status().as_u16(), second.status().as_u16()),
        (303, 303)
    );
    let all = stand_in
        .client
        .list_subscriptions(&order.customer)
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn hostile_calls_are_refused_and_never_fail() {
    let stand_in = stand_in().await;
    let long = format!("/v1/customers?email={}", "x".repeat(6000));
    let many = format!("/v1/customers?{}", "a=1&".repeat(1000));
    let paths = [
        "/v1/customers?limit=0",
        "/v1/customers?limit=-1",
        "/v1/customers?limit=99999999999999999999",
        "/v1/customers?starting_after=%00",
        "/v1/customers?starting_after=x&ending_before=y",
        "/v1/customers/%00",
        "/v1/customers/..%2f..%2fevents",
        "/v1/customers/'%20OR%201=1",
        "/v1/subscriptions?status=half",
        "/v1/v1/customers",
        "/v1/",
        "/nothing",
        &long,
        &many,
    ];
    for path in paths {
        let answer = stand_in.call("GET", path).send().await.unwrap();
        assert!(
            answer.status().is_client_error(),
            "{} {path}",
            answer.status()
        );
        assert!(answer.headers().contains_key("request-id"), "{path}");
        let body = read(answer).await;
        assert!(body["error"]["message"].is_string(), "{path}");
    }
    for page in [
        "/c/pay/%00",
        "/c/pay/%ff",
        "/i/%00",
        "/p/session/%00%22",
        "/p/session/x",
    ] {
        let answer = http()
            .get(format!("{}{page}", stand_in.url))
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_client_error(),
            "{} {page}",
            answer.status()
        );
    }
}

#[tokio::test]
async fn large_bodies_and_other_versions_are_refused() {
    let stand_in = stand_in().await;
    let body = "x".repeat(300 * 1024);
    let answer = stand_in
        .call("POST", "/v1/customers")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    let call = stand_in
        .call("GET", "/v1/customers")
        .header("stripe-version", "2020-08-27");
    assert_eq!(call.send().await.unwrap().status(), 400);
    let answer = stand_in.call("GET", "/v1/customers").send().await.unwrap();
    assert_eq!(answer.headers()["stripe-version"], stripe::API_VERSION);
}

#[tokio::test]
async fn strangers_are_refused_before_anything_is_read() {
    let stand_in = stand_in().await;
    let url = format!("{}/v1/customers", stand_in.url);
    for key in [
        "",
        "sk_test_wrong",
        "sk_test_integratio",
        "sk_test_integrationn",
    ] {
        let answer = http().get(&url).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{key:?}");
        let text = answer.text().await.unwrap();
        assert!(key.is_empty() || !text.contains(key), "{text}");
    }
    assert_eq!(http().get(&url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_stranger_subscription_is_not_touched_from_the_portal() {
    let stand_in = stand_in().await;
    let theirs = stand_in.subscribe(None, SUCCESSFUL_CARD).await;
    let order = stand_in.order(None).await;
    let portal = NewPortalSession {
        customer: &order.customer,
        return_url: "http://app.test/billing",
        configuration: None,
    };
    let portal = stand_in
        .client
        .create_portal_session(&portal, "portal:2")
        .await
        .unwrap();
    let page = portal.url.replace("http://stripe.test:8080", &stand_in.url);
    let answer = http()
        .post(format!("{page}/{theirs}/cancel"))
        .form(&[("feedback", "")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
    let untouched = stand_in
        .client
        .retrieve_subscription(&theirs)
        .await
        .unwrap();
    assert!(!untouched.cancel_at_period_end);
}

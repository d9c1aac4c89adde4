//! Checkout: one page at a time, one trial, one subscription.

use std::collections::BTreeSet;

use futures::future::join_all;

use crate::shop::Shop;
use crate::stripe::{DECLINED_CARD, GOOD_CARD};

#[tokio::test]
async fn an_open_page_is_used_again_and_another_plan_closes_it() {
    let shop = Shop::open().await;
    let buyer = shop.visitor("hobby").await;
    assert_eq!(buyer.page_of("hobby").await, buyer.page);
    let other = buyer.page_of("pro").await;
    assert_ne!(other, buyer.page);
    assert_eq!(buyer.pay(&buyer.page, GOOD_CARD).await.status, 410);
    assert_eq!(buyer.pay(&other, GOOD_CARD).await.status, 303);
    buyer.sees("pro", "trialing").await;
    assert_eq!(buyer.at_stripe().await.len(), 1);
    shop.awaits(0, "checkout_sessions where status = 'open'", &buyer)
        .await;
}

#[tokio::test]
async fn of_many_tabs_at_once_one_page_can_be_paid() {
    let shop = Shop::open().await;
    let buyer = shop.visitor("byok").await;
    let plans = ["hobby", "pro", "hobby", "pro", "hobby", "pro"];
    let answers = join_all(plans.map(|plan| buyer.checkout(plan))).await;
    let mut pages = BTreeSet::from([buyer.page.clone()]);
    for answer in answers {
        // a tab that always was the slower one is told to come back
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
        pages.extend(answer.json()["url"].as_str().map(str::to_owned));
    }
    assert_eq!(buyer.open_pages().await, 1, "{pages:?}");
    let mut paid = 0;
    for page in &pages {
        paid += usize::from(buyer.pay(page, GOOD_CARD).await.status == 303);
    }
    assert_eq!(paid, 1, "{pages:?}");
    assert_eq!(buyer.at_stripe().await.len(), 1);
}

#[tokio::test]
async fn there_is_one_trial_for_an_account() {
    let shop = Shop::open().await;
    let buyer = shop.buyer("hobby", GOOD_CARD).await;
    let trial = buyer.sees("hobby", "trialing").await;
    assert_eq!(trial["trial_days_remaining"], 3);
    assert_eq!(trial["trial_available"], false);
    let id = buyer.subscription_id().await;
    shop.stripe
        .delete(&format!("/v1/subscriptions/{id}"))
        .await
        .expect(200);
    buyer.sees("free", "active").await;
    buyer.is_refused_an_instance("plan_has_no_instance").await;

    // also for another plan
    buyer.subscribe_again("pro").await;
    let again = &buyer.at_stripe().await[0];
    assert!(again["trial_end"].is_null(), "{again}");
    shop.awaits(1, "payments where amount_paid > 0", &buyer)
        .await;
}

#[tokio::test]
async fn a_declined_first_payment_gives_nothing_and_can_be_tried_again() {
    let shop = Shop::open().await;
    let buyer = shop.buyer("hobby", GOOD_CARD).await;
    let id = buyer.subscription_id().await;
    shop.stripe
        .delete(&format!("/v1/subscriptions/{id}"))
        .await
        .expect(200);
    buyer.sees("free", "active").await;

    // the trial is used up, so that this page takes money
    let page = buyer.page_of("hobby").await;
    let declined = buyer.pay(&page, DECLINED_CARD).await;
    assert_eq!(declined.status, 402, "{}", declined.text);
    buyer.sees("free", "active").await;
    buyer.is_refused_an_instance("plan_has_no_instance").await;
    assert_eq!(
        buyer.page_of("hobby").await,
        page,
        "the page waits for another card"
    );
    assert_eq!(buyer.pay(&page, GOOD_CARD).await.status, 303);
    let paid = buyer.sees("hobby", "active").await;
    assert_eq!(paid["can_run_instances"], true);
}

#[tokio::test]
async fn a_subscriber_is_sent_to_the_portal_and_that_is_audited() {
    let shop = Shop::open().await;
    let buyer = shop.buyer("hobby", GOOD_CARD).await;
    let answer = buyer.checkout("pro").await;
    let audit =
        "select resource_id from audit_logs where action = 'billing.portal' and request_id = $1";
    let audited = shop
        .database
        .query(audit, &[&answer.header("x-request-id")])
        .await
        .unwrap();
    assert_eq!(audited.len(), 1);
    assert_eq!(audited[0].get::<_, String>(0), buyer.customer);
    let page = answer.expect(200)["url"].as_str().unwrap().to_owned();
    assert!(page.contains("/p/session/"), "{page}");
    assert_eq!(buyer.at_stripe().await.len(), 1);

    // also one that is not paid: it is paid there, and a second one beside it would be paid twice
    let unpaid =
        "update subscriptions set status = 'unpaid' where account_id = $1 and tier = 'hobby'";
    shop.database
        .execute(unpaid, &[&buyer.account.id])
        .await
        .unwrap();
    let page = buyer.page_of("hobby").await;
    assert!(page.contains("/p/session/"), "{page}");
}

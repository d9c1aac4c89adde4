//! What customers do on Stripe's portal, and see on ours.

use platform_tests::Account;

use crate::shop::Shop;
use crate::stripe::{DECLINED_CARD, GOOD_CARD};

#[tokio::test]
async fn an_end_is_scheduled_taken_back_and_scheduled_again() {
    let shop = Shop::open().await;
    let mut buyer = shop.buyer("hobby", GOOD_CARD).await;
    buyer.days_pass(4).await;
    buyer.sees("hobby", "active").await;
    let id = buyer.subscription_id().await;
    buyer
        .at_portal(&format!("{id}/cancel"), &[("feedback", "unused")])
        .await;
    let ending = buyer
        .awaits("the end", |shown| shown["cancel_at_period_end"] == true)
        .await;
    assert_eq!(ending["status"], "active");
    assert_eq!(ending["can_run_instances"], true, "what is paid is given");

    buyer.at_portal(&format!("{id}/resume"), &[]).await;
    let kept = buyer
        .awaits("no end", |shown| shown["cancel_at_period_end"] == false)
        .await;
    assert_eq!(kept["cancelled_at"], serde_json::Value::Null);
    buyer.days_pass(31).await;
    let end = kept["current_period_end"].clone();
    buyer
        .awaits("the next month", |shown| {
            shown["current_period_start"] == end
        })
        .await;

    buyer.at_portal(&format!("{id}/cancel"), &[]).await;
    buyer
        .awaits("the end", |shown| shown["cancel_at_period_end"] == true)
        .await;
    buyer.days_pass(31).await;
    buyer.sees("free", "active").await;
    buyer.is_refused_an_instance("plan_has_no_instance").await;
}

#[tokio::test]
async fn another_plan_and_another_card_are_seen() {
    let shop = Shop::open().await;
    let mut buyer = shop.buyer("hobby", GOOD_CARD).await;
    buyer.days_pass(4).await;
    let before = buyer.sees("hobby", "active").await;
    let id = buyer.subscription_id().await;
    let prices = shop
        .stripe
        .list("/v1/prices?lookup_keys[]=pro_yearly")
        .await;
    let price = prices[0]["id"].as_str().unwrap();
    buyer
        .at_portal(&format!("{id}/plan"), &[("price", price)])
        .await;
    let after = buyer.sees("pro", "active").await;
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["billing_cycle"], "yearly");
    assert_ne!(after["max_storage_gb"], before["max_storage_gb"]);

    let page = buyer.portal("card").await;
    let declined = shop.stripe.submit(&page, &[("card", DECLINED_CARD)]).await;
    assert_eq!(declined.status, 402);
    buyer.sees("pro", "active").await;
    buyer
        .at_portal("card", &[("card", "5555555555554444")])
        .await;
    buyer.sees("pro", "active").await;
}

#[tokio::test]
async fn nobody_has_a_portal_before_a_checkout() {
    let shop = Shop::open().await;
    let account = Account::sign_up(&shop.platform).await;
    let refused = account.post("/stripe/portal").await;
    refused.expect_problem(404, "no_customer");
}

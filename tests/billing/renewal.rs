//! Renewals: paid, failing, recovering, and given up.

use crate::shop::Shop;
use crate::stripe::{FAILING_CARD, GOOD_CARD};

#[tokio::test]
async fn a_trial_becomes_a_paid_month_and_that_another() {
    let shop = Shop::open().await;
    let mut buyer = shop.buyer("hobby", GOOD_CARD).await;
    let trial = buyer.sees("hobby", "trialing").await;
    buyer.days_pass(4).await;
    let first = buyer.sees("hobby", "active").await;
    assert_eq!(first["current_period_start"], trial["trial_ends_at"]);
    assert_eq!(first["id"], trial["id"], "the same subscription");
    buyer.days_pass(31).await;
    let end = first["current_period_end"].clone();
    buyer
        .awaits("the next month", |shown| {
            shown["current_period_start"] == end
        })
        .await;
    shop.awaits(
        2,
        "payments where amount_paid > 0 and status = 'paid'",
        &buyer,
    )
    .await;
}

#[tokio::test]
async fn a_charge_that_fails_leaves_what_runs_and_recovers_with_a_good_card() {
    let shop = Shop::open().await;
    let mut buyer = shop.buyer("hobby", FAILING_CARD).await;
    let instance = buyer.account.provision().await;
    let instance = buyer.account.awaits(&instance, "running").await;
    let start = format!("/my/instances/{}/start", instance["instance_id"]);

    buyer.days_pass(4).await;
    let overdue = buyer.sees("hobby", "past_due").await;
    assert_eq!(overdue["access"], "grace");
    assert_eq!(overdue["can_run_instances"], false);
    assert!(overdue["dunning"]["remove_at"].is_string(), "{overdue}");
    buyer
        .account
        .post(&start)
        .await
        .expect_problem(402, "payment_past_due");
    buyer.is_refused_an_instance("payment_past_due").await;
    let kept = buyer.account.awaits(&instance, "running").await;
    assert_eq!(
        kept["desired_state"], "running",
        "one failed charge ends nothing"
    );
    assert!(buyer.page_of("hobby").await.contains("/p/session/"));

    buyer.at_portal("card", &[("card", GOOD_CARD)]).await;
    buyer.days_pass(2).await;
    let recovered = buyer.sees("hobby", "active").await;
    assert_eq!(recovered["access"], "full");
    assert_eq!(recovered["id"], overdue["id"]);
    assert!(recovered["dunning"].is_null(), "{recovered}");
    buyer.account.post(&start).await.expect(202);
    shop.awaits(0, "payments where status = 'open'", &buyer)
        .await;
    buyer.account.delete(&instance).await;
}

#[tokio::test]
async fn a_charge_that_fails_to_the_end_ends_the_subscription() {
    let shop = Shop::open().await;
    let mut buyer = shop.buyer("pro", FAILING_CARD).await;
    buyer.days_pass(4).await;
    buyer.sees("pro", "past_due").await;
    buyer.days_pass(20).await;
    buyer.sees("free", "active").await;
    buyer.is_refused_an_instance("plan_has_no_instance").await;
    let account = buyer.account.get("/my/account").await.expect(200);
    let all = account["subscriptions"].as_array().unwrap();
    assert!(
        all.iter()
            .any(|one| one["tier"] == "pro" && one["status"] == "cancelled"),
        "{account}"
    );
    // it ended for good, so that another can begin, without a second trial
    buyer.subscribe_again("hobby").await;
}

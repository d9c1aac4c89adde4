//! What customers do with their subscription on our own pages.

use reqwest::Method;
use serde_json::{Value, json};

use crate::shop::{Buyer, Shop};
use crate::stripe::{FAILING_CARD, GOOD_CARD};

async fn active<'a>(shop: &'a Shop, plan: &str) -> Buyer<'a> {
    let mut buyer = shop.buyer(plan, GOOD_CARD).await;
    buyer.days_pass(4).await;
    buyer.sees(plan, "active").await;
    buyer
}

#[tokio::test]
async fn an_end_is_asked_for_and_taken_back_at_once() {
    let shop = Shop::open().await;
    let buyer = active(&shop, "hobby").await;
    let ending = buyer
        .account
        .post("/my/subscription/cancel")
        .await
        .expect(200);
    assert_eq!(ending["cancel_at_period_end"], true, "{ending}");
    assert!(ending["cancelled_at"].is_string(), "{ending}");
    // whether our row has followed by now or not
    buyer
        .account
        .post("/my/subscription/reactivate")
        .await
        .expect(200);
    buyer
        .awaits("no end", |shown| {
            shown["cancel_at_period_end"] == false && shown["cancelled_at"] == Value::Null
        })
        .await;
    let again = buyer.account.post("/my/subscription/reactivate").await;
    again.expect_problem(409, "subscription_not_cancelled");

    let now = json!({"cancel_at_period_end": false});
    let path = "/my/subscription/cancel";
    let ended = buyer
        .account
        .call(Method::POST, path, Some(now.clone()))
        .await
        .expect(200);
    assert_eq!(ended["cancel_at_period_end"], false, "{ended}");
    buyer.sees("free", "active").await;
    let again = buyer.account.call(Method::POST, path, Some(now)).await;
    again.expect_problem(404, "no_paid_subscription");
}

async fn change(buyer: &Buyer<'_>, plan: &str, preview: bool) -> platform_tests::Answer {
    let body = json!({"tier": plan, "billing_cycle": "monthly", "preview": preview});
    let path = "/my/subscription/change";
    buyer.account.call(Method::POST, path, Some(body)).await
}

#[tokio::test]
async fn a_change_costs_what_its_preview_said() {
    let shop = Shop::open().await;
    let buyer = active(&shop, "hobby").await;
    let told = change(&buyer, "pro", true).await.expect(200);
    assert_eq!(
        (&told["preview"], &told["due_now"]),
        (&json!(true), &json!(true))
    );
    let due = told["amount_due"].as_i64().unwrap();
    assert!(due > 0, "{told}");
    let lines = told["lines"].as_array().unwrap();
    let sum: i64 = lines
        .iter()
        .map(|line| line["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, due, "{told}");
    let stripes = shop
        .stripe
        .get(&format!(
            "/v1/subscriptions/{}",
            buyer.subscription_id().await
        ))
        .await;
    assert_eq!(
        stripes["items"]["data"][0]["price"]["lookup_key"],
        "hobby_monthly"
    );

    let made = change(&buyer, "pro", false).await.expect(200);
    assert_eq!(
        (&made["preview"], &made["amount_due"]),
        (&json!(false), &json!(due))
    );
    buyer.sees("pro", "active").await;
    let paid = format!("payments where amount_paid = {due}");
    shop.awaits(1, &paid, &buyer).await;
    let listed = buyer.account.get("/my/invoices").await.expect(200);
    let listed = listed["invoices"].as_array().unwrap().clone();
    assert!(
        listed
            .iter()
            .any(|one| one["amount_paid"] == due && one["hosted_invoice_url"].is_string())
    );
    change(&buyer, "pro", false)
        .await
        .expect_problem(409, "plan_unchanged");

    // down again: nothing is paid back, and the next invoices are less
    let down = change(&buyer, "hobby", true).await.expect(200);
    assert_eq!(down["amount_due"], 0, "{down}");
    assert!(down["credit"].as_i64().unwrap() > 0, "{down}");
}

#[tokio::test]
async fn what_cannot_be_paid_is_not_changed() {
    let shop = Shop::open().await;
    let buyer = active(&shop, "hobby").await;
    buyer.at_portal("card", &[("card", FAILING_CARD)]).await;
    let refused = change(&buyer, "pro", false).await;
    refused.expect_problem(402, "payment_failed");
    buyer.sees("hobby", "active").await;
    let id = buyer.subscription_id().await;
    let stripes = shop.stripe.get(&format!("/v1/subscriptions/{id}")).await;
    assert_eq!(
        stripes["items"]["data"][0]["price"]["lookup_key"],
        "hobby_monthly"
    );
}

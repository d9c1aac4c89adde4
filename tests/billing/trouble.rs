//! Stripe down, slow, or answering too late: nothing is half done, and the same request works afterwards.

use platform_tests::{Account, Answer};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::Shop;
use crate::stripe::GOOD_CARD;

/// Each way to be in trouble; slower than the functions and the daemon wait.
fn troubles() -> [Value; 5] {
    [
        json!({"kind": "unavailable"}),
        json!({"kind": "error"}),
        json!({"kind": "rate_limit"}),
        json!({"kind": "lost_answer"}),
        json!({"kind": "slow", "delay_ms": 12_000}),
    ]
}

impl Shop {
    /// Lets the next calls about somebody fail, and nobody else's.
    async fn trouble(&self, trouble: &Value, path: &str, about: &str, times: u32) {
        let mut fault = trouble.clone();
        fault["path"] = path.into();
        fault["about"] = about.into();
        fault["times"] = times.into();
        self.stripe
            .control("api", &json!({"faults": [fault]}))
            .await;
    }
}

async fn checkout(account: &Account, shop: &Shop, key: &str) -> Answer {
    let request = shop
        .platform
        .api(Method::POST, "/stripe/checkout")
        .bearer_auth(&account.token)
        .header("idempotency-key", key)
        .json(&json!({"tier": "hobby", "billing_cycle": "monthly"}));
    shop.platform.send(request).await
}

fn is_told_to_come_back(trouble: &Value, answer: &Answer) {
    assert_eq!(answer.status, 503, "{trouble}: {}", answer.text);
    answer.expect_problem(503, "unavailable");
    assert!(
        answer.header("retry-after").parse::<u32>().is_ok(),
        "{trouble}"
    );
}

#[tokio::test]
async fn a_checkout_in_trouble_leaves_nothing_half_done() {
    // faults are set for all at once, so that one test at a time sets them
    let shop = Shop::open_alone().await;
    for trouble in troubles() {
        let account = Account::sign_up(&shop.platform).await;
        let id = account.id.to_string();
        for path in ["/v1/customers", "/v1/checkout/sessions"] {
            let key = Uuid::new_v4().to_string();
            shop.trouble(&trouble, path, &id, 1).await;
            is_told_to_come_back(&trouble, &checkout(&account, &shop, &key).await);
            let kept = "select count(*) from checkout_sessions where account_id = $1";
            let kept = shop.database.query_one(kept, &[&account.id]).await.unwrap();
            assert_eq!(kept.get::<_, i64>(0), 0, "{trouble}");
            if path == "/v1/checkout/sessions" {
                // sent again it is one and the same session, also when the first answer was lost
                let answer = until_done(&account, &shop, &key).await;
                pays_once(&shop, &account, &answer).await;
            }
        }
    }
}

/// Stripe may still have the slow call in hand: then it says so, and we say to come back.
async fn until_done(account: &Account, shop: &Shop, key: &str) -> Value {
    platform_tests::until(
        "the checkout",
        std::time::Duration::from_secs(60),
        async || {
            let answer = checkout(account, shop, key).await;
            assert!([200, 503].contains(&answer.status), "{}", answer.text);
            (answer.status == 200).then(|| answer.json())
        },
    )
    .await
}

async fn pays_once(shop: &Shop, account: &Account, redirect: &Value) {
    let customers = format!("/v1/customers?email={}", account.email.replace('+', "%2B"));
    let customers = shop.stripe.list(&customers).await;
    assert_eq!(customers.len(), 1, "one customer");
    let customer = customers[0]["id"].as_str().unwrap();
    let sessions = format!("/v1/checkout/sessions?limit=100&customer={customer}");
    let sessions = shop.stripe.list(&sessions).await;
    assert_eq!(sessions.len(), 1, "one session");
    assert_eq!(sessions[0]["url"], redirect["url"]);
}

#[tokio::test]
async fn the_portal_in_trouble_says_so_and_opens_afterwards() {
    let shop = Shop::open_alone().await;
    let buyer = shop.buyer("hobby", GOOD_CARD).await;
    for trouble in troubles() {
        shop.trouble(&trouble, "/v1/billing_portal", &buyer.customer, 1)
            .await;
        is_told_to_come_back(&trouble, &buyer.account.post("/stripe/portal").await);
        buyer.account.post("/stripe/portal").await.expect(200);
    }
}

/// What a subscriber asks for: the route's last word, its body, what is then shown, and a word of the call to Stripe.
type Command = (
    &'static str,
    Option<Value>,
    (&'static str, Value),
    &'static str,
);

#[tokio::test]
async fn a_subscription_in_trouble_is_changed_when_it_is_asked_again() {
    let shop = Shop::open_alone().await;
    let buyer = shop.buyer("hobby", GOOD_CARD).await;
    let one = format!("/v1/subscriptions/{}", buyer.subscription_id().await);
    for (trouble, plan) in troubles().iter().zip(["pro", "hobby"].into_iter().cycle()) {
        let end = json!({"cancel_at_period_end": true});
        let other = json!({"tier": plan, "billing_cycle": "monthly"});
        let commands: [Command; 3] = [
            (
                "cancel",
                Some(end),
                ("cancel_at_period_end", json!(true)),
                "cancel_at",
            ),
            (
                "reactivate",
                None,
                ("cancel_at_period_end", json!(false)),
                "cancel_at",
            ),
            ("change", Some(other), ("tier", json!(plan)), "items"),
        ];
        for (command, body, (field, wanted), word) in commands {
            let key = Uuid::new_v4().to_string();
            let ask = async || ask(&shop, &buyer.account, command, body.as_ref(), &key).await;
            // before anything was done, and on the way
            let unavailable = json!({"kind": "unavailable"});
            shop.trouble(&unavailable, "/v1/subscriptions", &buyer.customer, 1)
                .await;
            is_told_to_come_back(&unavailable, &ask().await);
            shop.trouble(trouble, &one, word, 1).await;
            is_told_to_come_back(trouble, &ask().await);
            // the answer may have been lost of what was done
            let patience = std::time::Duration::from_secs(60);
            platform_tests::until(command, patience, async || {
                let answer = ask().await;
                assert!([200, 409, 503].contains(&answer.status), "{}", answer.text);
                (answer.status != 503).then_some(())
            })
            .await;
            buyer
                .awaits(&format!("{command}, {trouble}"), |shown| {
                    shown[field] == wanted
                })
                .await;
        }
    }
    assert_eq!(buyer.at_stripe().await.len(), 1, "one subscription");
}

async fn ask(
    shop: &Shop,
    account: &Account,
    command: &str,
    body: Option<&Value>,
    key: &str,
) -> Answer {
    let request = shop
        .platform
        .api(Method::POST, &format!("/my/subscription/{command}"))
        .bearer_auth(&account.token)
        .header("idempotency-key", key);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    shop.platform.send(request).await
}

#[tokio::test]
async fn the_daemon_gets_through_trouble_by_itself() {
    let shop = Shop::open_alone().await;
    let buyer = shop.buyer("hobby", GOOD_CARD).await;
    let id = buyer.subscription_id().await;
    let path = format!("/v1/subscriptions/{id}");
    for (trouble, act) in troubles()
        .into_iter()
        .zip(["cancel", "resume"].into_iter().cycle())
    {
        // only the daemon reads it: the portal is no call
        shop.trouble(&trouble, &path, "", 2).await;
        buyer.at_portal(&format!("{id}/{act}"), &[]).await;
        buyer
            .awaits(&format!("{trouble}"), |shown| {
                shown["cancel_at_period_end"] == (act == "cancel")
            })
            .await;
        let left = shop.stripe.get("/_control/api").await;
        assert_ne!(left["faults"][0]["times"], 2, "{trouble} struck nobody");
    }
    shop.stripe.control("api", &json!({"faults": []})).await;
    let dead = "select count(*) from prov.jobs where state = 'dead' and kind = 'stripe-event'";
    let dead = shop.database.query_one(dead, &[]).await.unwrap();
    assert_eq!(dead.get::<_, i64>(0), 0);
}

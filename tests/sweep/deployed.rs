//! What differs where the platform is deployed: proxies in front, other names than a developer's machine has, HTTPS.

use platform_tests::{Account, Answer, Door, Platform, Replica, new_loopback};
use reqwest::Method;

use crate::callers::is_problem;
use crate::document::operations;

/// A functions' host as it is deployed behind so many proxies, with few requests for strangers.
async fn deployed(platform: &Platform, hops: &str) -> Replica {
    let settings = [
        ("environment", "staging"),
        ("trusted_hops", hops),
        ("rate_limits", "anonymous=7"),
    ];
    Replica::with(platform, &settings).await
}

#[tokio::test]
async fn browsers_are_held_to_https_and_only_our_names_are_answered() {
    let platform = Platform::get();
    let replica = deployed(&platform, "1").await;
    let (here, there) = (Door::of(&platform), Door::to(&platform, &replica.url));
    let policy = "strict-transport-security";
    for operation in operations(&here).await {
        let what = operation.call();
        let ask = |door: &Door| {
            let method = operation.method.clone();
            let request = door.request(method, &operation.path_of(1));
            platform.send(request)
        };
        let kept = ask(&there).await;
        assert_eq!(
            kept.header(policy),
            "max-age=63072000; includeSubDomains",
            "{what}"
        );
        assert_eq!(ask(&here).await.header(policy), "", "{what}");
        for host in ["localhost", "127.0.0.1", "127.0.0.1:80", "[::1]"] {
            let request = there.bare(operation.method.clone(), &operation.path_of(1));
            let answer = platform.send(request.header("host", host)).await;
            answer.expect_problem(400, "malformed");
            is_problem(&what, &answer);
        }
    }
}

/// What a client says itself stands before what our proxies add: it never gives it a new quota, or another's name.
#[tokio::test]
async fn nobody_chooses_the_address_that_is_counted() {
    let platform = Platform::get();
    for hops in [0, 1, 2] {
        let replica = deployed(&platform, &hops.to_string()).await;
        let door = Door::to(&platform, &replica.url).at(new_loopback());
        let way = |forged: usize| match hops {
            0 => format!("6.6.6.{forged}"),
            1 => format!("6.6.6.{forged}, {}", door.address),
            _ => format!("6.6.6.{forged}, {}, 10.0.0.1", door.address),
        };
        let mut forged = 0;
        let held = loop {
            let request = door.forwarded(Method::GET, "/my/account", &way(forged));
            let answer = platform.send(request).await;
            assert!(forged <= 14, "{hops} hops: {forged} at no limit");
            if answer.status == 429 {
                break forged;
            }
            answer.expect_problem(401, "unauthenticated");
            forged += 1;
        };
        assert!(held >= 7, "{hops} hops: {held}");
        let account = Account::arrive(&platform).await;
        let request = door
            .forwarded(Method::POST, "/my/account/setup", &way(0))
            .bearer_auth(&account.token);
        let answer = platform.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(audited_address(&platform, &answer).await, door.address);
    }
}

#[tokio::test]
async fn nobody_chooses_the_address_that_is_audited() {
    let platform = Platform::get();
    let door = Door::of(&platform);
    // what a client sends itself stands before what our proxy adds
    for (number, forged) in ["6.6.6.6", "6.6.6.6, 7.7.7.7", "rubbish", "::1"]
        .iter()
        .enumerate()
    {
        let account = Account::arrive(&platform).await;
        let request = door
            .bare(Method::POST, "/my/account/setup")
            .header("host", platform.api.replacen("http://", "", 1))
            .header("x-forwarded-for", *forged)
            .header("x-forwarded-for", &door.address)
            .header("spin-client-addr", "8.8.8.8:80")
            .header("forwarded", "for=9.9.9.9")
            .header("x-real-ip", "9.9.9.9")
            .bearer_auth(&account.token);
        let answer = platform.send(request).await;
        assert_eq!(answer.status, 200, "{number}: {}", answer.text);
        assert_eq!(
            audited_address(&platform, &answer).await,
            door.address,
            "{forged}"
        );
    }
    // and through the gateway nothing that a client says about itself comes through
    let account = Account::arrive(&platform).await;
    let request = platform
        .api(Method::POST, "/my/account/setup")
        .header("x-forwarded-for", "6.6.6.6")
        .header("spin-client-addr", "8.8.8.8:80")
        .bearer_auth(&account.token);
    let answer = platform.send(request).await;
    assert_eq!(audited_address(&platform, &answer).await, "127.0.0.1");
}

async fn audited_address(platform: &Platform, answer: &Answer) -> String {
    let database = platform.database().await;
    let entry = database
        .query_one(
            "select ip_address from audit_logs where request_id = $1 and action = 'account.setup'",
            &[&answer.header("x-request-id")],
        )
        .await
        .unwrap();
    entry.get(0)
}

//! How often one may ask: per account and group of operations, per address without a proof, over all hosts at once.

use platform_tests::{Account, Answer, Door, Platform, Replica};
use reqwest::Method;

use crate::callers::is_problem;
use crate::document::{Operation, operations};

/// Small, so that every operation can be asked once too often; those that start work are limited as on the
/// platform's own host, which counts with this one.
const LIMITS: &str = "read=4,write=4,start=10,destructive=4,anonymous=4";

#[tokio::test]
async fn every_operation_is_limited_for_one_account_on_all_hosts_together() {
    let platform = Platform::get();
    let replica = Replica::start(&platform, LIMITS).await;
    let door = Door::to(&platform, &replica.url);
    for operation in operations(&door).await {
        if operation.is_an_accounts() {
            accounts_are_limited(&platform, &door, &operation).await;
            strangers_are_limited(&platform, &door, &operation).await;
        }
        if operation.is_a_machines() {
            guesses_are_limited(&platform, &replica, &operation).await;
        }
        if operation.security.is_none() {
            nobody_is_stopped(&platform, &door, &operation).await;
        }
    }
    two_hosts_count_together(&platform, &replica).await;
    garbage_counts(&platform, &door).await;
}

/// Calls until it is refused, and answers how often it was not. A minute may turn in between, which begins the
/// count anew: hence twice, and a bit.
async fn until_limited(what: &str, mut call: impl AsyncFnMut(usize) -> Answer) -> usize {
    let mut number = 0;
    loop {
        let answer = call(number).await;
        let limit: usize = answer.header("ratelimit-limit").parse().unwrap();
        if answer.status == 429 {
            limited(&answer);
            assert!(
                number >= limit,
                "{what}: the limit of {limit} held after {number}"
            );
            return number;
        }
        assert!(
            number <= 2 * limit,
            "{what}: the limit of {limit} never held"
        );
        number += 1;
    }
}

fn limited(answer: &Answer) {
    answer.expect_problem(429, "rate_limited");
    is_problem("a limit", answer);
    assert_eq!(answer.header("ratelimit-remaining"), "0");
    assert_eq!(
        answer.header("ratelimit-reset"),
        answer.header("retry-after")
    );
}

async fn accounts_are_limited(platform: &Platform, door: &Door, operation: &Operation) {
    let account = Account::arrive(platform).await;
    let path = operation.path_of(i64::from(i32::MAX));
    let bearer = Some(account.token.as_str());
    until_limited(&operation.call(), async |_| {
        door.call(operation.method.clone(), &path, bearer, None)
            .await
    })
    .await;
}

/// Without a token and with a wrong one, which is how one would guess.
async fn strangers_are_limited(platform: &Platform, door: &Door, operation: &Operation) {
    let path = operation.path_of(1);
    let door = Door::to(platform, door.base());
    until_limited(&operation.call(), async |number| {
        let bearer = (number % 2 == 1).then_some("guess.guess.guess");
        let answer = door
            .call(operation.method.clone(), &path, bearer, None)
            .await;
        if answer.status != 429 {
            answer.expect_problem(401, "unauthenticated");
        }
        answer
    })
    .await;
}

/// A key that is wrong counts against its address, a good one from there works all the same.
async fn guesses_are_limited(platform: &Platform, replica: &Replica, operation: &Operation) {
    let door = Door::to(platform, &replica.url);
    let call = async |key: &str| {
        door.call(
            operation.method.clone(),
            &operation.path_of(1),
            Some(key),
            None,
        )
        .await
    };
    until_limited(&operation.call(), async |number| {
        let answer = call(&format!("not-a-key-of-anybody-{number}")).await;
        if answer.status != 429 {
            answer.expect_problem(401, "unauthenticated");
        }
        answer
    })
    .await;
    let (_, key) = platform.system_keys.of(&operation.path);
    let answer = call(key).await;
    assert!(answer.status < 300, "{}", answer.text);
}

/// What is limited by the gateway or Ingress alone.
async fn nobody_is_stopped(platform: &Platform, door: &Door, operation: &Operation) {
    let door = Door::to(platform, door.base());
    for _ in 0..10 {
        let answer = door
            .call(operation.method.clone(), &operation.path, None, None)
            .await;
        assert_eq!(answer.status, 200, "{}: {}", operation.call(), answer.text);
        assert_eq!(answer.header("ratelimit-limit"), "", "{}", operation.call());
    }
}

/// The platform's host and the replica, asked in turns: each alone would allow as many as both together do.
async fn two_hosts_count_together(platform: &Platform, replica: &Replica) {
    let account = Account::sign_up(platform).await;
    let here = Door::of(platform);
    let there = here.moved(&replica.url);
    let mut asked = [0, 0];
    let held = until_limited("two hosts", async |number| {
        let door = if number % 2 == 0 { &here } else { &there };
        asked[number % 2] += 1;
        let path = "/my/instances/provision";
        door.call(Method::POST, path, Some(&account.token), None)
            .await
    })
    .await;
    assert!(asked[0] < held && asked[1] < held, "{asked:?}");
}

/// What is refused before it comes to any work counts as everything else.
async fn garbage_counts(platform: &Platform, door: &Door) {
    let account = Account::arrive(platform).await;
    until_limited("garbage", async |_| {
        let request = door
            .request(Method::POST, "/stripe/checkout")
            .bearer_auth(&account.token)
            .header("content-type", "application/json")
            .body("{");
        platform.send(request).await
    })
    .await;
}

#[tokio::test]
async fn nobody_chooses_the_address_that_is_counted() {
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

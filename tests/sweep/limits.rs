//! How often one may ask: per account and group of operations, per address without a proof, over all hosts at once.

use platform_tests::{Account, Answer, Door, Platform, Replica, new_loopback};
use reqwest::Method;

use crate::callers::{is_problem, is_shared};
use crate::document::{Operation, operations};
use crate::table::{Group, row};

/// Small, so that every operation can be asked once too often, and each another, so that what is counted with the
/// wrong ones is noticed. Those that start work are limited as on the platform's own host, which counts with this
/// one.
const LIMITS: &str = "read=6,write=5,start=10,destructive=4,anonymous=7";
const ANONYMOUS: usize = 7;
/// Requests a minute through a gateway.
const OF_A_GATEWAY: usize = 8;

const fn limit_of(group: Group) -> usize {
    match group {
        Group::Read => 6,
        Group::Write => 5,
        Group::Start => 10,
        Group::Destructive => 4,
    }
}

/// A client with an address of its own, on a page of the portal.
fn client(platform: &Platform, url: &str) -> Door {
    Door::to(platform, url).of_a_page(platform)
}

#[tokio::test]
async fn every_operation_is_limited_for_one_account_on_all_hosts_together() {
    let platform = Platform::get();
    let replica = Replica::start(&platform, LIMITS).await;
    for operation in operations(&Door::of(&platform)).await {
        if operation.is_an_accounts() {
            accounts_are_limited(&platform, &replica, &operation).await;
            strangers_are_limited(&platform, &replica, &operation).await;
        }
        if operation.is_a_machines() {
            guesses_are_limited(&platform, &replica, &operation).await;
        }
    }
    two_hosts_count_together(&platform, &replica).await;
    garbage_counts(&platform, &replica).await;
    waits_count_by_the_second(&platform, &replica).await;
}

/// Calls until it is refused, and answers how often it was not. A minute may turn in between, which begins the
/// count anew: hence twice, and a bit.
async fn until_limited(
    platform: &Platform,
    what: &str,
    limit: usize,
    mut call: impl AsyncFnMut(usize) -> Answer,
) -> usize {
    let mut number = 0;
    loop {
        let answer = call(number).await;
        let said = answer.header("ratelimit-limit");
        assert_eq!(said, limit.to_string(), "{what}: {}", answer.status);
        if answer.status == 429 {
            limited(platform, &answer);
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

fn limited(platform: &Platform, answer: &Answer) {
    answer.expect_problem(429, "rate_limited");
    is_problem("a limit", answer);
    is_shared("a limit", answer, platform);
    assert_eq!(answer.header("ratelimit-remaining"), "0");
    assert_eq!(
        answer.header("ratelimit-reset"),
        answer.header("retry-after")
    );
}

async fn accounts_are_limited(platform: &Platform, replica: &Replica, operation: &Operation) {
    let account = Account::arrive(platform).await;
    let door = client(platform, &replica.url);
    let path = operation.path_of(i64::from(i32::MAX));
    let bearer = Some(account.token.as_str());
    let limit = limit_of(row(operation).group.unwrap());
    until_limited(platform, &operation.call(), limit, async |_| {
        door.call(operation.method.clone(), &path, bearer, None)
            .await
    })
    .await;
}

/// Without a token and with a wrong one, which is how one would guess.
async fn strangers_are_limited(platform: &Platform, replica: &Replica, operation: &Operation) {
    let path = operation.path_of(1);
    let door = client(platform, &replica.url);
    until_limited(platform, &operation.call(), ANONYMOUS, async |number| {
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
    let door = client(platform, &replica.url);
    // nobody's: what a good key asks for is done
    let path = operation.path_of(i64::from(i32::MAX));
    let call = async |key: &str| {
        door.call(
            operation.method.clone(),
            &path,
            Some(key),
            row(operation).body.as_ref(),
        )
        .await
    };
    until_limited(platform, &operation.call(), ANONYMOUS, async |number| {
        let answer = call(&format!("not-a-key-of-anybody-{number}")).await;
        if answer.status != 429 {
            answer.expect_problem(401, "unauthenticated");
        }
        answer
    })
    .await;
    let answer = call(row(operation).key(platform)).await;
    // what it is about need not be there
    assert!(![401, 403, 429].contains(&answer.status), "{}", answer.text);
}

/// The platform's host and the replica, asked in turns: each alone would allow as many as both together do.
async fn two_hosts_count_together(platform: &Platform, replica: &Replica) {
    let account = Account::sign_up(platform).await;
    let here = client(platform, &platform.internal.functions);
    let there = here.moved(&replica.url);
    let mut asked = [0, 0];
    let limit = limit_of(Group::Start);
    let held = until_limited(platform, "two hosts", limit, async |number| {
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
async fn garbage_counts(platform: &Platform, replica: &Replica) {
    let account = Account::arrive(platform).await;
    let door = client(platform, &replica.url);
    let limit = limit_of(Group::Start);
    until_limited(platform, "garbage", limit, async |_| {
        let request = door
            .request(Method::POST, "/stripe/checkout")
            .bearer_auth(&account.token)
            .header("content-type", "application/json")
            .body("{");
        platform.send(request).await
    })
    .await;
}

/// Each look of one that waits is a read, so that an account cannot have many waits at a time.
async fn waits_count_by_the_second(platform: &Platform, replica: &Replica) {
    let account = Account::sign_up(platform).await;
    let database = platform.database().await;
    let instance_id = account.stopped_instance(&database).await;
    let path = format!(
        "/my/instances/{instance_id}/events?after={}&wait=25",
        i64::MAX
    );
    let door = client(platform, &replica.url);
    let waited = door
        .call(Method::GET, &path, Some(&account.token), None)
        .await;
    limited(platform, &waited);
    let forget = "delete from instances where instance_id = $1";
    database.execute(forget, &[&instance_id]).await.unwrap();
}

/// What the functions do not count, the gateway does, for each address by itself.
#[tokio::test]
async fn the_gateway_limits_what_is_counted_nowhere_else() {
    let platform = Platform::get();
    let functions = &platform.internal.functions;
    let limit = OF_A_GATEWAY.to_string();
    let gateway = Replica::gateway(&platform, functions, &limit).await;
    for operation in operations(&Door::of(&platform)).await {
        if operation.is_an_accounts() || operation.is_a_machines() {
            continue;
        }
        let door = client(&platform, &gateway.url).at(new_loopback());
        let ask = async || {
            let path = operation.path_of(1);
            door.call(operation.method.clone(), &path, None, None).await
        };
        for _ in 0..OF_A_GATEWAY {
            let answer = ask().await;
            assert!([200, 400].contains(&answer.status), "{}", answer.text);
            assert_eq!(answer.header("ratelimit-limit"), "", "{}", operation.call());
        }
        until_limited_by_time(&platform, &operation.call(), ask).await;
    }
}

/// A request or two may be allowed again by the time that the others took.
async fn until_limited_by_time(
    platform: &Platform,
    what: &str,
    mut ask: impl AsyncFnMut() -> Answer,
) {
    for _ in 0..OF_A_GATEWAY {
        let answer = ask().await;
        if answer.status == 429 {
            assert_eq!(answer.header("ratelimit-limit"), OF_A_GATEWAY.to_string());
            return limited(platform, &answer);
        }
    }
    panic!("{what}: the gateway's limit never held");
}

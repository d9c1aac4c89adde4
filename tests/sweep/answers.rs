//! What every answer has, whatever was asked: headers, request ids, CORS; and hosts that are not ours.

use std::time::Duration;

use platform_tests::{Answer, Door, Platform, until};
use reqwest::Method;
use uuid::Uuid;

use crate::callers::is_problem;
use crate::document::{Operation, operations};

async fn door() -> (Platform, Door, Vec<Operation>) {
    let platform = Platform::get();
    let door = Door::of(&platform);
    let operations = operations(&door).await;
    (platform, door, operations)
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let (platform, door, operations) = door().await;
    for operation in operations {
        let what = operation.call();
        let nobodys = door
            .call(operation.method.clone(), &operation.path_of(1), None, None)
            .await;
        has_its_headers(&what, &nobodys);
        if nobodys.status >= 400 {
            is_problem(&what, &nobodys);
            assert_eq!(nobodys.header("cache-control"), "no-store", "{what}");
        }
        let beside = door
            .call(Method::PUT, &operation.path_of(1), Some("rubbish"), None)
            .await;
        has_its_headers(&what, &beside);
        is_problem(&what, &beside);
        let preflight = platform
            .send(door.request(Method::OPTIONS, &operation.path_of(1)))
            .await;
        assert_eq!(preflight.status, 204, "{what}");
        has_its_headers(&what, &preflight);
    }
}

fn has_its_headers(what: &str, answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    if answer.status != 204 {
        assert_eq!(
            answer.header("content-length"),
            answer.text.len().to_string(),
            "{what}"
        );
    }
}

#[tokio::test]
async fn only_the_portal_may_read_from_a_browser() {
    let (platform, door, operations) = door().await;
    let allowed = "access-control-allow-origin";
    for operation in operations {
        let path = operation.path_of(1);
        let what = operation.call();
        for method in [operation.method.clone(), Method::OPTIONS, Method::PUT] {
            let from = |origin: &str| {
                let request = door.request(method.clone(), &path).header("origin", origin);
                platform.send(request)
            };
            let ours = from(&platform.app).await;
            assert_eq!(ours.header(allowed), platform.app, "{what} {}", ours.status);
            let headers = ours.header("access-control-allow-headers");
            for header in ["authorization", "content-type", "idempotency-key"] {
                assert!(headers.contains(header), "{what}: {header}");
            }
            assert!(
                ours.header("access-control-expose-headers")
                    .contains("x-request-id")
            );
            for origin in [
                "http://evil.example",
                "null",
                &format!("{}.evil.example", platform.app),
            ] {
                let theirs = from(origin).await;
                assert!(!theirs.headers.contains_key(allowed), "{what} for {origin}");
                assert_eq!(theirs.header("vary"), "origin", "{what}");
            }
        }
    }
}

#[tokio::test]
async fn what_may_be_kept_is_asked_for_by_its_tag() {
    let (platform, door, mut operations) = door().await;
    operations.retain(|operation| operation.statuses.contains(&304));
    assert!(!operations.is_empty());
    for operation in operations {
        let what = operation.call();
        let ask = |known: String| {
            let request = door.request(Method::GET, &operation.path_of(1));
            platform.send(request.header("if-none-match", known))
        };
        let whole = ask("\"another\"".to_owned()).await;
        let tag = whole.header("etag").to_owned();
        assert_eq!(whole.status, 200, "{what}");
        assert!(
            tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'),
            "{what}: {tag}"
        );
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            format!("\"a\", {tag}"),
            "*".to_owned(),
        ] {
            let same = ask(known).await;
            assert_eq!((same.status, same.text.as_str()), (304, ""), "{what}");
            for name in ["etag", "cache-control"] {
                assert_eq!(same.header(name), whole.header(name), "{what}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_refused() {
    let (platform, door, operations) = door().await;
    for operation in operations {
        for host in [
            "evil.example",
            "mindroom.localhost.evil.example",
            "api.evil.example",
        ] {
            let request = door.bare(operation.method.clone(), &operation.path_of(1));
            let answer = platform.send(request.header("host", host)).await;
            answer.expect_problem(400, "malformed");
            is_problem(&operation.call(), &answer);
        }
    }
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_found_in_the_log() {
    let (platform, door, operations) = door().await;
    for (number, operation) in operations.iter().enumerate() {
        let ask = |id: String| {
            let request = door.request(operation.method.clone(), &operation.path_of(1));
            platform.send(request.header("x-request-id", id))
        };
        let given = format!("sweep-{}-{number}", Uuid::new_v4());
        assert_eq!(ask(given.clone()).await.header("x-request-id"), given);
        logged(&platform, &given).await;
        for odd in [
            "short",
            "with space and more",
            "semi;colon-and-more",
            &"x".repeat(200),
        ] {
            let answer = ask(odd.to_owned()).await;
            let made = answer.header("x-request-id");
            assert!(Uuid::parse_str(made).is_ok(), "{odd} became {made}");
        }
    }
}

async fn logged(platform: &Platform, id: &str) {
    let log = platform.state.join("logs/functions.log");
    until(id, Duration::from_secs(10), async || {
        let text = std::fs::read(&log).unwrap();
        String::from_utf8_lossy(&text).contains(id).then_some(())
    })
    .await;
}

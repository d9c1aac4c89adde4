//! Loops are stopped, requests wait their turn, what components print is named.

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::support::host::{client, manifest, with_other};
use crate::support::{Host, only_ours};

const OTHER: &str = "[[trigger.http]]\nroute = \"/other/...\"\ncomponent = \"other\"\n";

#[tokio::test]
async fn endless_loops_are_stopped_while_others_go_on() {
    if only_ours("Spin never stops a loop") {
        return;
    }
    let host = Host::serve(&with_other(OTHER), &["--max-busy-time", "2s"]);
    let looping = |_| client().get(host.url("/probe/loop")).send();
    let loops = tokio::spawn(join_all((0..4).map(looping)));
    let since = Instant::now();
    while since.elapsed() < Duration::from_millis(500) {
        assert_eq!(host.get("/other").await.0, 200);
        assert!(!loops.is_finished(), "the other waited for their end");
    }
    for answer in loops.await.unwrap() {
        assert_eq!(answer.unwrap().status(), 500);
    }
    let log = host.logged("it computed for 2 s").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn more_requests_than_turns_wait() {
    if only_ours("Spin takes in all requests at once") {
        return;
    }
    let host = Host::serve(&manifest(""), &["--max-concurrent-requests", "2"]);
    let answers = join_all((0..50).map(|_| host.get("/probe/sleep/10"))).await;
    for (status, asleep) in answers {
        assert_eq!(status, 200);
        assert!(asleep == "1" || asleep == "2", "{asleep} at once");
    }
}

#[tokio::test]
async fn failures_name_their_component() {
    if only_ours("the words of the log are ours") {
        return;
    }
    let host = Host::serve(&with_other(OTHER), &["--request-timeout", "1s"]);
    assert_eq!(host.get("/probe/panic").await.0, 500);
    let log = host.logged("no answer: the instance trapped").await;
    assert!(log.contains("[probe] "), "{log}");
    assert!(log.contains("the probe was told to panic"), "{log}");
    assert_eq!(host.get("/probe/error").await.0, 500);
    host.logged("a secret reason").await;
    assert_eq!(host.get("/probe/hang").await.0, 500);
    let log = host.logged("it took too long").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    assert!(!log.contains("component=\"other\""), "{log}");
}

#[tokio::test]
async fn what_components_print_is_named() {
    if only_ours("Spin prints it without a name, and into files") {
        return;
    }
    let host = Host::serve(&manifest(""), &[]);
    assert_eq!(host.get("/probe/print/word").await.0, 200);
    let log = host.logged("[probe] err word\n").await;
    assert!(log.contains("[probe] out word\n"), "{log}");
    let quiet = Host::serve(&manifest(""), &["--quiet"]);
    assert_eq!(quiet.get("/probe/print/word").await.0, 200);
    assert_eq!(quiet.get("/probe/count").await.0, 200);
    assert!(!quiet.log().contains("word"));
}

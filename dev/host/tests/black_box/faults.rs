//! Components that fail: what clients see, and that nobody else is harmed.

use std::time::{Duration, Instant};

use crate::support::Host;
use crate::support::host::{client, manifest};
use crate::support::wasm;

/// Two components of the same module: `probe` misbehaves, `other` must not notice.
fn two() -> String {
    let other = "[[trigger.http]]\nroute = \"/other/...\"\ncomponent = \"other\"\n";
    format!(
        "{}[component.other]\nsource = \"{}\"\n",
        manifest(other),
        wasm::probe().display()
    )
}

#[tokio::test]
async fn a_panic_is_an_empty_500_and_harms_nobody() {
    let host = Host::serve(&two(), &[]);
    assert_eq!(host.get("/other/count").await.1, "1");
    assert_eq!(host.get("/probe/panic").await, (500, String::new()));
    let log = host.logged("no answer: the instance trapped").await;
    assert!(log.contains("[probe] the probe was told to panic"), "{log}");
    assert!(log.contains("component=\"probe\""), "{log}");
    assert!(!log.contains("component=\"other\""), "{log}");
    assert_eq!(host.get("/probe").await.0, 200);
    assert_eq!(
        host.get("/other/count").await.1,
        "2",
        "its instance was to live on"
    );
}

#[tokio::test]
async fn an_error_is_an_empty_500_and_its_reason_is_logged() {
    let host = Host::serve(&manifest(""), &[]);
    assert_eq!(host.get("/probe/error").await, (500, String::new()));
    let log = host.logged("a secret reason").await;
    assert!(log.contains("component=\"probe\""), "{log}");
}

#[tokio::test]
async fn endless_loops_are_stopped_while_others_go_on() {
    let host = Host::serve(&two(), &["--max-busy-time", "2s"]);
    let since = Instant::now();
    let loops = async {
        let all = (0..4).map(|_| host.get("/probe/loop"));
        futures::future::join_all(all).await
    };
    let others = async {
        let mut answered = 0;
        while since.elapsed() < Duration::from_secs(1) {
            assert_eq!(host.get("/other").await.0, 200);
            answered += 1;
        }
        answered
    };
    let (loops, answered) = tokio::join!(loops, others);
    assert!(
        loops
            .iter()
            .all(|(status, body)| *status == 500 && body.is_empty()),
        "{loops:?}"
    );
    assert!(answered > 0);
    let log = host.logged("it computed for 2 s").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    let host = Host::serve(&manifest(""), &["--request-timeout", "500ms"]);
    assert_eq!(host.get("/probe/hang").await, (500, String::new()));
    host.logged("it took too long").await;
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn memory_is_limited() {
    let limit = (32 << 20).to_string();
    let host = Host::serve(&manifest(""), &["--max-instance-memory", &limit]);
    assert_eq!(
        host.get("/probe/memory/1000000").await,
        (200, "1000000".to_owned())
    );
    assert_eq!(
        host.get("/probe/memory/100000000").await,
        (500, String::new())
    );
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn more_requests_than_turns_wait() {
    let host = Host::serve(&manifest(""), &["--max-concurrent-requests", "2"]);
    let all = (0..50).map(|_| host.get("/probe"));
    let answers = futures::future::join_all(all).await;
    assert!(
        answers
            .iter()
            .all(|answer| *answer == (200, "hello".to_owned())),
        "{answers:?}"
    );
}

#[tokio::test]
async fn the_host_ends_when_told_even_while_a_component_loops() {
    let mut idle = Host::serve(&manifest(""), &[]);
    let (status, took) = idle.terminate();
    assert!(
        status.success() && took < Duration::from_secs(5),
        "{status} after {took:?}"
    );

    let mut busy = Host::serve(&two(), &["--max-busy-time", "600s"]);
    let looping = tokio::spawn(client().get(busy.url("/probe/loop")).send());
    assert_eq!(busy.get("/other").await.0, 200);
    let (status, took) = busy.terminate();
    assert!(
        status.success() && took < Duration::from_secs(5),
        "{status} after {took:?}"
    );
    assert!(
        looping.await.unwrap().is_err(),
        "the connection was to be cut"
    );
}

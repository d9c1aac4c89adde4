//! How often, and by how many requests at once, an instance is used.

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::support::Host;
use crate::support::host::{PATIENCE, manifest};

/// The most requests that one instance has counted, in `requests` one after the other. Now and
/// then two instances take turns, when a request comes before the last one's is free again.
async fn longest_life(host: &Host, requests: usize) -> usize {
    let mut most = 0;
    for _ in 0..requests {
        most = most.max(host.get("/probe/count").await.1.parse().unwrap());
    }
    most
}

#[tokio::test]
async fn instances_are_reused_128_times() {
    let host = Host::serve(&manifest(""), &["--idle-instance-timeout", "60s"]);
    assert_eq!(longest_life(&host, 600).await, 128);
}

#[tokio::test]
async fn or_as_often_as_told() {
    let single = Host::serve(&manifest(""), &["--max-instance-reuse-count", "1"]);
    assert_eq!(longest_life(&single, 5).await, 1);
    let arguments = [
        "--max-instance-reuse-count",
        "2..4",
        "--idle-instance-timeout",
        "30s..60s",
    ];
    let few = Host::serve(&manifest(""), &arguments);
    assert_eq!(longest_life(&few, 100).await, 3);
}

#[tokio::test]
async fn by_as_many_at_once_as_told() {
    for (arguments, most) in [
        (&[][..], 16),
        (&["--max-instance-concurrent-reuse-count", "3"][..], 3),
        (&["--max-instance-concurrent-reuse-count", "1"][..], 1),
    ] {
        let host = Host::serve(&manifest(""), arguments);
        let since = Instant::now();
        loop {
            let answers = join_all((0..40).map(|_| host.get("/probe/sleep/500"))).await;
            let counts = answers.iter().map(|(_, text)| text.parse::<u32>().unwrap());
            let seen = counts.max().unwrap();
            assert!(seen <= most, "{seen} at once");
            // New instances are there at once where the old ones are busy: sharing takes a while.
            if most == 1 || seen > 1 {
                break;
            }
            assert!(since.elapsed() < PATIENCE, "nothing is shared");
        }
    }
}

#[tokio::test]
async fn an_idle_instance_stays_for_a_while_and_goes() {
    let host = Host::serve(&manifest(""), &[]);
    assert!(longest_life(&host, 50).await > 1, "none was used again");
    let mut pause = Duration::from_millis(500);
    let since = Instant::now();
    // Every request gives it new time, so they come ever more seldom.
    while host.get("/probe/count").await.1 != "1" {
        assert!(since.elapsed() < PATIENCE, "it does not go");
        tokio::time::sleep(pause).await;
        pause += Duration::from_millis(500);
    }
}

#[tokio::test]
async fn an_idle_instance_goes_at_once_if_told() {
    let host = Host::serve(&manifest(""), &["--idle-instance-timeout", "0s"]);
    let since = Instant::now();
    while host.get("/probe/count").await.1 != "1" || host.get("/probe/count").await.1 != "1" {
        assert!(since.elapsed() < PATIENCE, "it does not go");
    }
}

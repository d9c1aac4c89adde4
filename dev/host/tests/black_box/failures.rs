//! Components that fail: what clients see, and that nobody else is harmed.

use std::time::Instant;

use crate::support::Host;
use crate::support::host::{PATIENCE, client, manifest, with_other};
use crate::support::raw::exchange;

const OTHER: &str = "[[trigger.http]]\nroute = \"/other/...\"\ncomponent = \"other\"\n";

#[tokio::test]
async fn a_panic_is_an_empty_500_and_harms_no_other_component() {
    let host = Host::serve(&with_other(OTHER), &["--idle-instance-timeout", "60s"]);
    assert_eq!(host.get("/other/count").await.1, "1");
    assert_eq!(host.get("/probe/panic").await, (500, String::new()));
    assert_eq!(host.get("/probe").await.0, 200);
    assert_eq!(
        host.get("/other/count").await.1,
        "2",
        "its instance was to live on"
    );
}

#[tokio::test]
async fn a_panic_fails_the_requests_of_its_instance() {
    let host = Host::serve(&manifest(""), &[]);
    let beside = tokio::spawn(client().get(host.url("/probe/hang")).send());
    let since = Instant::now();
    // The first may find an instance of its own; sooner or later one takes the other with it.
    while !beside.is_finished() {
        assert!(since.elapsed() < PATIENCE, "the other request lives on");
        assert_eq!(host.get("/probe/panic").await, (500, String::new()));
    }
    assert_eq!(beside.await.unwrap().unwrap().status(), 500);
}

#[tokio::test]
async fn an_error_is_an_empty_500() {
    let host = Host::serve(&manifest(""), &[]);
    assert_eq!(host.get("/probe/error").await, (500, String::new()));
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_cut() {
    let host = Host::serve(&manifest(""), &[]);
    for end in ["panic", "error"] {
        let request = format!("GET /probe/stream/{end} HTTP/1.1\r\nhost: a\r\n\r\n");
        let answer = exchange(&host, request).await;
        assert!(!answer.ends_with("0\r\n\r\n"), "{end}: {answer}");
    }
    let whole = "GET /probe/stream/well HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(exchange(&host, whole).await.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_given_up() {
    for limit in ["1s", "300ms..1s"] {
        let host = Host::serve(&manifest(""), &["--request-timeout", limit]);
        assert_eq!(host.get("/probe/hang").await, (500, String::new()));
        assert_eq!(host.get("/probe").await.0, 200);
    }
}

#[tokio::test]
async fn memory_is_limited() {
    let limit = (32 << 20).to_string();
    let host = Host::serve(&manifest(""), &["--max-instance-memory", &limit]);
    let fits = host.get("/probe/memory/1000000").await;
    assert_eq!(fits, (200, "1000000".to_owned()));
    let too_much = host.get("/probe/memory/100000000").await;
    assert_eq!(too_much, (500, String::new()));
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn the_runtime_configuration_limits_memory_too() {
    let folder = crate::support::host::application(&manifest(""));
    let config = folder.path().join("runtime-config.toml");
    std::fs::write(&config, "max_instance_memory = 33554432\n").unwrap();
    let config = config.to_str().unwrap().to_owned();
    let host = Host::in_folder(folder, &["--runtime-config-file", &config]).unwrap();
    assert_eq!(host.get("/probe/memory/1000000").await.0, 200);
    assert_eq!(host.get("/probe/memory/100000000").await.0, 500);
}

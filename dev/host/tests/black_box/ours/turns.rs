//! Turns: who waits for one, who is sent away, and that nobody keeps one for good.

use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::host::{PATIENCE, builder, client, manifest};
use crate::support::{Host, only_ours};

const NO_TURNS: &str = "Spin takes in all requests at once";
const ONE: [&str; 2] = ["--max-concurrent-requests", "1"];
/// More bytes than both ends of a connection keep.
const LARGE: usize = 48 << 20;

#[tokio::test]
async fn who_waits_too_long_for_a_turn_is_sent_away() {
    if only_ours(NO_TURNS) {
        return;
    }
    let arguments = [&ONE[..], &["--max-wait-time", "100ms"]].concat();
    let host = Host::serve(&manifest(""), &arguments);
    let hanging = tokio::spawn(client().get(host.url("/probe/hang")).send());
    let since = Instant::now();
    while host.get("/probe").await != (503, String::new()) {
        assert!(since.elapsed() < PATIENCE, "the turn is not taken");
    }
    let log = host.logged("too many requests in progress").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    hanging.abort(); // the client goes, and its turn with it
    while host.get("/probe").await.0 != 200 {
        assert!(since.elapsed() < PATIENCE, "the turn does not come back");
    }
}

/// Reads the head of the answer to `path` and no more; the rest must be more than fits on the way.
async fn leave_unread(host: &Host, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    stream
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_turn() {
    if only_ours(NO_TURNS) {
        return;
    }
    let arguments = [&ONE[..], &["--max-stall-time", "300ms"]].concat();
    let host = Host::serve(&manifest(""), &arguments);
    let path = format!("/probe/large/{LARGE}");
    let mut unread = leave_unread(&host, &path).await;
    assert_eq!(host.get("/probe").await.0, 200, "the turn was to come back");
    host.logged("does not read its answer").await;
    let mut rest = Vec::new();
    let _ = unread.read_to_end(&mut rest).await; // perhaps an error: the connection was cut
    assert!(rest.len() < LARGE, "the answer came whole");
    // The same over HTTP/2, where a connection goes on while one of its answers stalls.
    let http2 = builder().http2_prior_knowledge().build().unwrap();
    let unread = http2.get(host.url(&path)).send().await.unwrap();
    assert_eq!(unread.status(), 200);
    assert_eq!(host.get("/probe").await.0, 200, "the turn was to come back");
    assert!(unread.bytes().await.is_err(), "the answer came whole");
}

#[tokio::test]
async fn a_client_that_waits_for_its_component_does_not() {
    if only_ours(NO_TURNS) {
        return;
    }
    // longer than this test's own client may be kept from reading on a busy machine
    let host = Host::serve(&manifest(""), &["--max-stall-time", "2s"]);
    assert_eq!(host.get("/probe/sleep/3000").await.0, 200);
    let large = host.get(&format!("/probe/large/{LARGE}")).await;
    assert_eq!((large.0, large.1.len()), (200, LARGE));
}

#[tokio::test]
async fn a_component_that_asks_itself_does_not_wait_for_itself() {
    if only_ours(NO_TURNS) {
        return;
    }
    let allowed = "allowed_outbound_hosts = [\"http://*.spin.internal\"]\n";
    let arguments = [&ONE[..], &["--max-wait-time", "100ms"]].concat();
    let host = Host::serve(&(manifest("") + allowed), &arguments);
    let itself = "POST http://probe.spin.internal/probe/fetch\n\n";
    let hello = "http://probe.spin.internal/probe";
    let answer = host.post("/probe/fetch", hello).await;
    assert_eq!(answer, (200, "200 hello".to_owned()));
    // One that does so without end comes to an end.
    let answer = host.post("/probe/fetch", &format!("{itself}{hello}")).await;
    assert_eq!(answer, (200, "200 503 ".to_owned()));
    let log = host.logged("too many requests of components").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    assert_eq!(host.post("/probe/fetch", hello).await.0, 200);
}

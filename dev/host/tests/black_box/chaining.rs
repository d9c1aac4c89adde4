//! Calls from component to component, and of the application to itself.

use std::time::Instant;

use crate::support::host::{PATIENCE, client, manifest, with_other};
use crate::support::{Host, is_ours};

const PRIVATE: &str = "[[trigger.http]]\nroute = { private = true }\ncomponent = \"other\"\n";

/// `probe` may reach what `entry` says; `other` is beside it, on the triggers `rest`.
fn allowing(entry: &str, rest: &str) -> String {
    let allowed = format!("source = {{}}\nallowed_outbound_hosts = [\"{entry}\"]");
    let text = with_other(rest);
    let source = text
        .lines()
        .find(|line| line.starts_with("source = "))
        .unwrap();
    let path = source.trim_start_matches("source = ");
    text.replacen(source, &allowed.replace("{}", path), 1)
}

#[tokio::test]
async fn a_private_component_is_reached_from_inside_only() {
    let host = Host::serve(&allowing("http://other.spin.internal", PRIVATE), &[]);
    let asked = "PUT http://other.spin.internal/any/echo/x%2Fy?q=1\nx-mine: 1\n\nthe body";
    let (status, text) = host.post("/probe/fetch", asked).await;
    assert_eq!(status, 200, "{text}");
    let first = "200 PUT http://other.spin.internal/any/echo/x%2Fy?q=1\n";
    assert!(text.starts_with(first), "{text}");
    for line in [
        "spin-path-info: /any/echo/x%2Fy",
        "spin-full-url: http://localhost/any/echo/x%2Fy?q=1",
        "spin-matched-route: /...",
        "spin-raw-component-route: /...",
        "spin-component-route: ",
        "spin-client-addr: 0.0.0.0:0",
        "spin-base-path: /",
        "x-mine: 1",
    ] {
        assert!(
            text.contains(&format!("\n{line}\n")),
            "{line} is not in {text}"
        );
    }
    assert!(!text.contains("\nhost: "), "{text}");
    assert!(text.ends_with("\n\nthe body"), "{text}");
    for outside in ["/other", "/other/echo", "/any/echo"] {
        assert_eq!(host.get(outside).await.0, 404);
    }
}

#[tokio::test]
async fn the_public_route_of_the_other_does_not_matter() {
    let public = "[[trigger.http]]\nroute = \"/o/:id\"\ncomponent = \"other\"\n";
    let host = Host::serve(&allowing("http://*.spin.internal", public), &[]);
    let asked = "http://other.spin.internal/o/echo";
    let (_, text) = host.post("/probe/fetch", asked).await;
    assert!(text.contains("spin-matched-route: /..."), "{text}");
    assert!(!text.contains("spin-path-match"), "{text}");
    assert!(
        host.get("/o/echo")
            .await
            .1
            .contains("spin-path-match-id: echo")
    );
    // Itself, too; and what it answers, also when it traps, is an answer.
    let itself = "http://probe.spin.internal/probe/fetch\n\nhttp://other.spin.internal/x/count";
    let (_, text) = host
        .post("/probe/fetch", &itself.replacen("http", "POST http", 1))
        .await;
    assert_eq!(text, "200 200 1");
    let (status, text) = host
        .post("/probe/fetch", "http://other.spin.internal/x/panic")
        .await;
    assert_eq!((status, text.as_str()), (200, "500 "));
}

#[tokio::test]
async fn without_permission_it_is_denied() {
    let host = Host::serve(&allowing("http://another.spin.internal", PRIVATE), &[]);
    let (status, text) = host
        .post("/probe/fetch", "http://other.spin.internal/")
        .await;
    assert_eq!(status, 422);
    assert!(text.contains("HttpRequestDenied"), "{text}");
    if is_ours() {
        let line = "allowed_outbound_hosts = [\"http://other.spin.internal\"]";
        host.logged(line).await;
    }
}

#[tokio::test]
async fn asking_for_nobody_ends_the_instance_that_asks() {
    let host = Host::serve(&allowing("http://*.spin.internal", PRIVATE), &[]);
    let beside = tokio::spawn(client().get(host.url("/probe/hang")).send());
    let since = Instant::now();
    // The first may find an instance of its own; sooner or later one takes the other with it.
    while !beside.is_finished() {
        assert!(since.elapsed() < PATIENCE, "the other request lives on");
        let asked = host
            .post("/probe/fetch", "http://nobody.spin.internal/")
            .await;
        assert_eq!(asked, (500, String::new()));
    }
    assert_eq!(beside.await.unwrap().unwrap().status(), 500);
    assert_eq!(host.get("/probe/count").await, (200, "1".to_owned()));
    if is_ours() {
        let log = host.logged("unknown routing destination 'nobody'").await;
        assert!(log.contains("component=\"probe\""), "{log}");
    }
}

#[tokio::test]
async fn the_application_can_ask_itself_over_the_network() {
    for entry in ["http://self", "http://self.alt", "*://*:*"] {
        let host = Host::serve(&allowing(entry, ""), &[]);
        let answer = host
            .post("/probe/fetch", "http://self.alt/probe/echo")
            .await;
        let first = format!("200 GET http://{}/probe/echo\n", host.address);
        assert!(answer.1.starts_with(&first), "{entry}: {answer:?}");
    }
    let stranger = Host::serve(&manifest(""), &[]);
    let (_, text) = stranger.post("/probe/fetch", "http://self.alt/probe").await;
    assert!(text.contains("HttpRequestDenied"), "{text}");
    if is_ours() {
        stranger
            .logged("allowed_outbound_hosts = [\"http://self\"]")
            .await;
    }
}

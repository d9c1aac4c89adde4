//! What a component sees of a request.

use std::collections::BTreeSet;

use crate::support::host::{builder, client, manifest};
use crate::support::raw::{exchange, status};
use crate::support::{Host, is_ours};

#[tokio::test]
async fn spins_headers_are_there_and_no_others_of_that_name() {
    let host = Host::serve(&manifest(""), &[]);
    let request = client()
        .post(host.url("/probe/echo/a%20b?c=d"))
        .header("x-mine", "kept")
        .body("the body");
    let text = request.send().await.unwrap().text().await.unwrap();
    let address = host.address;
    let (head, body) = text.split_once("\n\n").unwrap();
    assert_eq!(body, "the body");
    let mut lines = head.lines();
    let first = format!("POST http://{address}/probe/echo/a%20b?c=d");
    assert_eq!(lines.next(), Some(first.as_str()));
    let lines: BTreeSet<&str> = lines.collect();
    let spins = lines.iter().filter(|line| line.starts_with("spin-"));
    let (client, others): (Vec<&str>, Vec<&str>) =
        spins.partition(|line| line.starts_with("spin-client-addr"));
    assert!(
        client.len() == 1 && client[0].starts_with("spin-client-addr: 127.0.0.1:"),
        "{client:?}"
    );
    let full = format!("spin-full-url: http://{address}/probe/echo/a%20b?c=d");
    assert_eq!(
        others,
        [
            "spin-base-path: /",
            "spin-component-route: /probe",
            &full,
            "spin-matched-route: /probe/...",
            "spin-path-info: /echo/a%20b",
            "spin-raw-component-route: /probe/...",
        ]
    );
    assert!(lines.contains("x-mine: kept"));
    assert!(lines.contains(format!("host: {address}").as_str()));
}

/// Spin leaves what a client sends, and puts its own behind: a component takes the last. This host
/// takes the client's out, so the last is right on both.
#[tokio::test]
async fn the_last_value_is_never_the_clients() {
    let route = "[[trigger.http]]\nroute = \"/items/:id/echo\"\ncomponent = \"probe\"";
    let host = Host::serve(&manifest(route), &[]);
    let request = client()
        .get(host.url("/items/echo/echo"))
        .header("spin-path-match-id", "evil")
        .header("spin-client-addr", "1.1.1.1:1");
    let text = request.send().await.unwrap().text().await.unwrap();
    let values = |name: &str| -> Vec<String> {
        let of = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
        text.lines().filter_map(of).collect()
    };
    let (ids, clients) = (values("spin-path-match-id"), values("spin-client-addr"));
    assert_eq!(ids.last().unwrap(), "echo");
    assert!(
        clients.last().unwrap().starts_with("127.0.0.1:"),
        "{clients:?}"
    );
    if is_ours() {
        assert_eq!((ids.len(), clients.len()), (1, 1));
    }
}

#[tokio::test]
async fn headers_about_the_connection_are_seen_but_for_one() {
    let host = Host::serve(&manifest(""), &[]);
    let text = exchange(
        &host,
        "GET /probe/echo HTTP/1.1\r\nhost: a\r\nconnection: close, x-listed\r\nx-listed: 1\r\n\
         te: trailers\r\nkeep-alive: 5\r\nx-twice: 1\r\nx-twice: 2\r\n\r\n",
    )
    .await;
    assert_eq!(status(&text), 200, "{text}");
    for line in [
        "te: trailers",
        "keep-alive: 5",
        "x-listed: 1",
        "x-twice: 1\nx-twice: 2",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(!body.contains("connection: "), "{body}");
}

#[tokio::test]
async fn a_header_that_is_no_text_is_an_empty_500() {
    let host = Host::serve(&manifest(""), &[]);
    let mut request = b"GET /probe HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: ".to_vec();
    request.extend_from_slice(b"\xff\r\n\r\n");
    let answer = exchange(&host, request).await;
    assert_eq!(status(&answer), 500, "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn without_a_clear_host_the_connection_is_closed() {
    let host = Host::serve(&manifest(""), &[]);
    for unclear in [
        "GET /probe HTTP/1.1\r\n\r\n",
        "GET /probe HTTP/1.0\r\n\r\n",
        "GET /probe HTTP/1.1\r\nhost: a b\r\n\r\n",
        "GET http://a/probe HTTP/1.1\r\nhost: b\r\n\r\n",
        "GET /probe HTTP/1.1\r\nhost: probe.spin.internal\r\n\r\n",
        "GET /probe HTTP/1.1\r\nhost: probe.spin.internal:80\r\n\r\n",
    ] {
        assert_eq!(exchange(&host, unclear).await, "", "{unclear}");
    }
    // Nothing of it matters where no component answers.
    let nowhere = "GET /nowhere HTTP/1.1\r\nconnection: close\r\n\r\n";
    assert_eq!(status(&exchange(&host, nowhere).await), 404);
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn http2_has_no_host_header() {
    let host = Host::serve(&manifest(""), &[]);
    let client = builder().http2_prior_knowledge().build().unwrap();
    let response = client.get(host.url("/probe/echo?a")).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let text = response.text().await.unwrap();
    let first = format!("GET http://{}/probe/echo?a\n", host.address);
    assert!(text.starts_with(&first), "{text}");
    assert!(
        text.contains("\nspin-full-url: http://localhost/probe/echo?a\n"),
        "{text}"
    );
}

//! Methods, bodies, connections; hostile requests.

use crate::support::Host;
use crate::support::host::{client, manifest};
use crate::support::raw::{exchange, status};

const EVERYTHING: &str = "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"probe\"";

#[tokio::test]
async fn every_method_reaches_the_component() {
    let host = Host::serve(&manifest(""), &[]);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"] {
        let parsed = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = client().request(parsed, host.url("/probe/echo"));
        let text = request.send().await.unwrap().text().await.unwrap();
        assert!(text.starts_with(&format!("{method} http://")), "{text}");
    }
    let head = client().head(host.url("/probe")).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-length"], "5");
    assert_eq!(head.text().await.unwrap(), "");
}

#[tokio::test]
async fn the_asterisk_reaches_the_component_that_takes_everything() {
    let host = Host::serve(&manifest(EVERYTHING), &[]);
    let answer = exchange(
        &host,
        "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn bodies_go_through_whole() {
    let host = Host::serve(&manifest(""), &[]);
    let body = "0123456789abcdef".repeat(256 * 1024); // 4 MiB
    let (status, text) = host.post("/probe/echo", &body).await;
    assert_eq!(status, 200);
    assert!(
        text.split_once("\n\n").unwrap().1 == body,
        "the body came back changed"
    );
}

#[tokio::test]
async fn no_length_is_invented() {
    let host = Host::serve(&manifest(""), &[]);
    let response = client()
        .get(host.url("/probe/stream/well"))
        .send()
        .await
        .unwrap();
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(response.headers()["transfer-encoding"], "chunked");
    assert_eq!(response.text().await.unwrap(), "the first piece");
}

#[tokio::test]
async fn connections_are_kept() {
    let host = Host::serve(&manifest(""), &[]);
    let get = "GET /probe HTTP/1.1\r\nhost: x\r\n\r\n";
    let last = "GET /probe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answers = exchange(&host, format!("{get}{get}{last}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 3, "{answers}");
}

#[tokio::test]
async fn hostile_requests_get_clear_answers_and_harm_nobody() {
    let host = Host::serve(&manifest(""), &[]);
    let huge = format!(
        "GET /probe HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
        "a".repeat(1_000_000)
    );
    let long = format!(
        "GET /probe/{} HTTP/1.1\r\nhost: a\r\n\r\n",
        "a".repeat(70_000)
    );
    let post = |head: &str| format!("POST /probe/echo HTTP/1.1\r\nhost: a\r\n{head}\r\n");
    for (request, expected) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (huge, 431),
        (long, 414),
        (
            "GET /probe/\u{7f} HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            400,
        ),
        (post("content-length: 3\r\ncontent-length: 4\r\n"), 400),
        (
            post("connection: close\r\ntransfer-encoding: chunked\r\n") + "zz\r\n",
            422,
        ),
    ] {
        let answer = exchange(&host, &request).await;
        let shown = &request[..request.len().min(60)];
        assert_eq!(status(&answer), expected, "{shown}");
    }
    assert_eq!(host.get("/probe").await.0, 200);
}

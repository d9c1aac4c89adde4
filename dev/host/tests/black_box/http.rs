//! Requests: routes, headers, bodies, protocols.

use std::collections::BTreeSet;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::Host;
use crate::support::host::{builder, client, manifest};

const ROUTES: &str = r#"
[[trigger.http]]
route = "/items/:item_id"
component = "probe"
[[trigger.http]]
route = "/items/new"
static_response = { status_code = 201, headers = { x-made = "yes" }, body = "static" }
[[trigger.http]]
route = { private = true }
component = "probe"
"#;

#[tokio::test]
async fn routes_lead_to_components_and_static_answers() {
    let host = Host::serve(&manifest(ROUTES), &[]);
    assert_eq!(host.get("/probe").await, (200, "hello".to_owned()));
    assert_eq!(host.get("/probe/").await, (200, "hello".to_owned()));
    assert_eq!(host.get("/nobody").await, (404, String::new()));
    let fixed = client()
        .delete(host.url("/items/new"))
        .send()
        .await
        .unwrap();
    assert_eq!(fixed.status(), 201);
    assert_eq!(fixed.headers()["x-made"], "yes");
    assert_eq!(fixed.text().await.unwrap(), "static");
    assert_eq!(host.get("/items/5").await.0, 200);
}

#[tokio::test]
async fn spins_own_paths_come_first() {
    let host = Host::serve(
        &manifest("[[trigger.http]]\nroute = \"/...\"\ncomponent = \"probe\""),
        &[],
    );
    assert_eq!(
        host.get("/.well-known/spin/health").await,
        (200, "OK".to_owned())
    );
    let info = host.get("/.well-known/spin/info").await;
    assert_eq!(
        info,
        (200, r#"{"name":"probe","version":"1.2.3"}"#.to_owned())
    );
    assert_eq!(host.get("/.well-known/spin/other").await.0, 404);
    assert_eq!(host.get("/.well-known/other").await.0, 200);
}

#[tokio::test]
async fn the_greeting_is_spins() {
    let host = Host::serve(&manifest(ROUTES), &[]);
    let address = host.address;
    let expected = format!(
        "\nServing http://{address}\nAvailable Routes:\n  probe: http://{address}/probe (wildcard)\n  \
         probe: http://{address}/items/:item_id\n  static: http://{address}/items/new\n"
    );
    assert_eq!(host.printed("/items/new\n").await, expected);
}

#[tokio::test]
async fn components_see_spins_headers_and_no_others_of_that_name() {
    let host = Host::serve(&manifest(""), &[]);
    let request = client()
        .post(host.url("/probe/echo/a%20b?c=d"))
        .header("spin-client-addr", "1.1.1.1:1")
        .header("spin-path-match-id", "evil")
        .header("x-mine", "kept")
        .body("the body");
    let text = request.send().await.unwrap().text().await.unwrap();
    let address = host.address;
    let (head, body) = text.split_once("\n\n").unwrap();
    assert_eq!(body, "the body");
    let mut lines = head.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!("POST http://{address}/probe/echo/a%20b?c=d")
    );
    let lines: BTreeSet<&str> = lines.collect();
    let ours: Vec<&str> = lines
        .iter()
        .filter(|line| line.starts_with("spin-"))
        .copied()
        .collect();
    let (client, others): (Vec<&str>, Vec<&str>) = ours
        .into_iter()
        .partition(|line| line.starts_with("spin-client-addr"));
    assert!(
        client.len() == 1 && client[0].starts_with("spin-client-addr: 127.0.0.1:"),
        "{client:?}"
    );
    assert_eq!(
        others,
        [
            "spin-base-path: /",
            "spin-component-route: /probe",
            &format!("spin-full-url: http://{address}/probe/echo/a%20b?c=d"),
            "spin-matched-route: /probe/...",
            "spin-path-info: /echo/a%20b",
            "spin-raw-component-route: /probe/...",
        ]
    );
    assert!(lines.contains("x-mine: kept"));
    assert!(lines.contains(format!("host: {address}").as_str()));
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
async fn connections_are_kept_and_heads_are_checked() {
    let host = Host::serve(&manifest(""), &[]);
    let mut stream = TcpStream::connect(host.address).await.unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"GET /probe HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    for wrong in [
        "GET /probe HTTP/1.1\r\n\r\n",
        "GET /probe HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(host.address).await.unwrap();
        stream.write_all(wrong.as_bytes()).await.unwrap();
        assert!(
            answer(&mut stream).await.starts_with("HTTP/1.1 400"),
            "{wrong}"
        );
    }
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.ends_with(b"hello") && !text.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "closed without an answer");
        text.extend_from_slice(&piece[..count]);
    }
    while text.starts_with(b"HTTP/1.1 200") && !text.ends_with(b"hello") {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "closed before the body");
        text.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(text).unwrap()
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
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (huge, 431),
        (long, 414),
        (
            "GET /probe/\u{7f} HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            400,
        ),
        ("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), 404),
        (post("content-length: 3\r\ncontent-length: 4\r\n"), 400),
        (post("transfer-encoding: chunked\r\n") + "zz\r\n", 422),
        (
            "FOO /probe/echo HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            200,
        ),
    ] {
        let mut stream = TcpStream::connect(host.address).await.unwrap();
        // The host may answer and close before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        let expected = format!("HTTP/1.1 {status}");
        let shown = &request[..request.len().min(60)];
        assert_eq!(String::from_utf8_lossy(&first), expected, "{shown}");
    }
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn http2_works_on_the_same_port() {
    let host = Host::serve(&manifest(""), &[]);
    let client = builder().http2_prior_knowledge().build().unwrap();
    let response = client.get(host.url("/probe/echo")).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let text = response.text().await.unwrap();
    assert!(
        text.starts_with(&format!("GET http://{}/probe/echo", host.address)),
        "{text}"
    );
}

#[tokio::test]
async fn head_has_no_body() {
    let host = Host::serve(&manifest(""), &[]);
    let response = client().head(host.url("/probe")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-length"], "5");
}

#[tokio::test]
async fn instances_are_reused_as_often_as_told() {
    let reusing = Host::serve(&manifest(""), &[]);
    for expected in 1..=5 {
        assert_eq!(reusing.get("/probe/count").await.1, expected.to_string());
    }
    let single = Host::serve(&manifest(""), &["--max-instance-reuse-count", "1"]);
    for _ in 0..3 {
        assert_eq!(single.get("/probe/count").await.1, "1");
    }
}

#[tokio::test]
async fn what_components_print_is_named() {
    let host = Host::serve(&manifest(""), &[]);
    assert_eq!(host.get("/probe/print/word").await.0, 200);
    let log = host.logged("[probe] err word\n").await;
    assert!(log.contains("[probe] out word\n"), "{log}");
    let quiet = Host::serve(&manifest(""), &["--quiet"]);
    assert_eq!(quiet.get("/probe/print/word").await.0, 200);
    assert_eq!(quiet.get("/probe/count").await.0, 200);
    assert!(!quiet.log().contains("word"));
}

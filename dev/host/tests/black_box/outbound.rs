//! HTTP that components send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};

use crate::support::host::manifest;
use crate::support::{Host, is_ours};

/// A server that says what it was asked, and counts its connections.
struct Server {
    address: std::net::SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let connections = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(std::sync::Mutex::new(std::collections::HashSet::new()));
        let count = Arc::clone(&connections);
        let handler = move |ConnectInfo(client): ConnectInfo<std::net::SocketAddr>,
                            headers: HeaderMap| async move {
            if seen.lock().unwrap().insert(client) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            format!("asked as {}", headers["host"].to_str().unwrap())
        };
        let echo = async |body: String| (StatusCode::IM_A_TEAPOT, [("x-back", "1")], body);
        let app = Router::new()
            .route("/hello", get(handler))
            .route("/echo", post(echo));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            axum::serve(
                listener,
                app.into_make_service_with_connect_info::<std::net::SocketAddr>(),
            )
            .await
        });
        Self {
            address,
            connections,
        }
    }

    fn url(&self) -> String {
        format!("http://{}/hello", self.address)
    }
}

fn allowing(entry: &str) -> String {
    format!("{}allowed_outbound_hosts = [\"{entry}\"]\n", manifest(""))
}

#[tokio::test]
async fn allowed_hosts_are_reached_over_kept_connections() {
    let server = Server::start().await;
    let host = Host::serve(&allowing(&format!("http://{}", server.address)), &[]);
    for _ in 0..5 {
        let expected = format!("200 asked as {}", server.address);
        assert_eq!(
            host.post("/probe/fetch", &server.url()).await,
            (200, expected)
        );
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn other_hosts_are_refused_with_the_line_to_add() {
    let server = Server::start().await;
    for entry in ["http://localhost:*", "https://*:*", "http://127.0.0.1:1"] {
        let host = Host::serve(&allowing(entry), &[]);
        let (status, text) = host.post("/probe/fetch", &server.url()).await;
        assert_eq!(status, 422);
        assert!(text.contains("HttpRequestDenied"), "{text}");
        if is_ours() {
            let line = format!("allowed_outbound_hosts = [\"http://{}\"]", server.address);
            let log = host.logged(&line).await;
            assert!(log.contains("component=\"probe\""), "{log}");
        }
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn failures_are_told_to_the_component() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let host = Host::serve(&allowing("*://*:*"), &[]);
    let (_, refused) = host.post("/probe/fetch", &format!("http://{free}/")).await;
    assert!(refused.contains("ConnectionRefused"), "{refused}");
    let (_, unknown) = host.post("/probe/fetch", "http://nobody.invalid/").await;
    assert!(unknown.contains("DnsError"), "{unknown}");
    let server = Server::start().await;
    let (_, plain) = host
        .post("/probe/fetch", &format!("https://{}/", server.address))
        .await;
    assert!(plain.contains("TlsProtocolError"), "{plain}");
}

#[tokio::test]
async fn what_is_sent_arrives() {
    let server = Server::start().await;
    let host = Host::serve(&allowing(&format!("http://{}", server.address)), &[]);
    let asked = format!(
        "POST {}\nx-a: 1\n\nthe body",
        server.url().replace("hello", "echo")
    );
    let (_, text) = host.post("/probe/fetch", &asked).await;
    assert_eq!(text, "418 x-back=1 the body");
    // `Connection` belongs to the host.
    let forbidden = format!("{}\nconnection: close", server.url());
    assert_ne!(host.post("/probe/fetch", &forbidden).await.0, 200);
    assert_eq!(host.get("/probe").await.0, 200);
}

#[tokio::test]
async fn an_address_without_a_host_is_no_address() {
    let host = Host::serve(&allowing("*://*:*"), &[]);
    let (status, text) = host.post("/probe/fetch", "/probe").await;
    assert_eq!(status, 422);
    assert!(text.contains("HttpRequestUriInvalid"), "{text}");
}

#[tokio::test]
async fn hosts_are_compared_as_written() {
    let server = Server::start().await;
    let port = server.address.port();
    for (entry, allowed) in [
        (format!("http://127.0.0.1:{port}"), true),
        (format!("*://127.0.0.1:{port}/"), true),
        ("http://127.0.0.1:*".to_owned(), true),
        (format!("http://127.0.0.0/8:{port}"), true),
        (
            format!("http://127.0.0.1:{port}..{}", port.saturating_add(1)),
            true,
        ),
        (format!("http://127.0.0.1:1..{port}"), false),
        (format!("http://localhost:{port}"), false),
        (format!("http://*.0.0.1:{port}"), true),
        (format!("http://10.0.0.0/8:{port}"), false),
        ("http://self".to_owned(), false),
    ] {
        let host = Host::serve(&allowing(&entry), &[]);
        let (status, text) = host.post("/probe/fetch", &server.url()).await;
        assert_eq!(status == 200, allowed, "{entry}: {text}");
        assert!(allowed || text.contains("HttpRequestDenied"), "{text}");
    }
}

#[tokio::test]
async fn entries_come_from_variables() {
    let server = Server::start().await;
    let text = format!(
        "{}allowed_outbound_hosts = [\"{{{{ place }}}}\", \"{{{{ none }}}}\"]\n[variables]\n\
         place = {{ required = true }}\nnone = {{ default = \"\" }}\n",
        manifest("")
    );
    let place = format!("place=http://{}", server.address);
    let host = Host::serve(&text, &["--variable", &place]);
    assert_eq!(host.post("/probe/fetch", &server.url()).await.0, 200);
}

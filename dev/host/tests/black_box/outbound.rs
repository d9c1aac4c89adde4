//! HTTP that components send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::routing::get;

use crate::support::Host;
use crate::support::host::manifest;

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
        let app = Router::new().route("/hello", get(handler));
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
        let line = format!("allowed_outbound_hosts = [\"http://{}\"]", server.address);
        let log = host.logged(&line).await;
        assert!(log.contains("component=\"probe\""), "{log}");
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
async fn a_component_can_ask_its_own_application() {
    let host = Host::serve(&allowing("http://self"), &[]);
    let answer = host.post("/probe/fetch", "http://self.alt/probe").await;
    assert_eq!(answer, (200, "200 hello".to_owned()));
    let stranger = Host::serve(&manifest(""), &[]);
    let (_, text) = stranger.post("/probe/fetch", "http://self.alt/probe").await;
    assert!(text.contains("HttpRequestDenied"), "{text}");
}

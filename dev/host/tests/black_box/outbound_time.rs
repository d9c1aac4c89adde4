//! How long a component waits for another server, and what it learns when that ends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::support::Host;
use crate::support::host::{PATIENCE, manifest};

/// Milliseconds that no test waits for, unless it fails.
const LONG: &str = "30000";

fn host() -> Host {
    let allowed = "allowed_outbound_hosts = [\"http://127.0.0.1:*\"]\n";
    Host::serve(&(manifest("") + allowed), &[])
}

/// What the component learns that asks `address` under these limits (connect, first byte, between).
async fn error(host: &Host, address: std::net::SocketAddr, limits: [&str; 3]) -> String {
    let asked = format!("GET http://{address}/\nlimits: {}", limits.join(" "));
    let (status, text) = host.post("/probe/fetch", &asked).await;
    assert_eq!(status, 422, "{text}");
    text
}

/// Serves every connection by `answer`, once a request has come on it.
async fn server(answer: &'static [u8], keep: bool) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await;
            if read.is_ok() && stream.write_all(answer).await.is_ok() && keep {
                kept.push(stream);
            }
        }
    });
    address
}

/// A place where nobody takes connections: its queue is full, and the system drops all others.
async fn full() -> (std::net::SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    let since = std::time::Instant::now();
    let a_while = std::time::Duration::from_millis(300);
    while let Ok(stream) = tokio::time::timeout(a_while, TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
        assert!(since.elapsed() < PATIENCE, "the queue has no end");
    }
    (address, listener, queued)
}

#[tokio::test]
async fn each_limit_is_one_of_its_own() {
    let host = host();
    let (address, _listener, _queued) = full().await;
    let connecting = error(&host, address, ["100", LONG, LONG]).await;
    assert!(connecting.contains("ConnectionTimeout"), "{connecting}");
    // The connection is part of what the first byte takes.
    let whole = error(&host, address, [LONG, "100", LONG]).await;
    assert!(whole.contains("ConnectionReadTimeout"), "{whole}");
    let silent = server(b"", true).await;
    let first = error(&host, silent, [LONG, "100", LONG]).await;
    assert!(first.contains("ConnectionReadTimeout"), "{first}");
    let stalling = server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nonly", true).await;
    let between = error(&host, stalling, [LONG, LONG, "100"]).await;
    assert!(between.contains("ConnectionReadTimeout"), "{between}");
}

#[tokio::test]
async fn a_connection_that_ends_early_is_an_error_of_the_protocol() {
    let host = host();
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nonly",
        b"nonsense\r\n\r\n",
    ] {
        let address = server(answer, false).await;
        let text = error(&host, address, [LONG; 3]).await;
        assert!(text.contains("HttpProtocolError"), "{answer:?}: {text}");
    }
}

#[tokio::test]
async fn the_time_of_a_whole_answer_is_not_limited() {
    let whole = server(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone", true).await;
    let asked = format!("GET http://{whole}/\nlimits: {LONG} {LONG} {LONG}");
    let answer = host().post("/probe/fetch", &asked).await;
    assert_eq!(answer, (200, "200 done".to_owned()));
}

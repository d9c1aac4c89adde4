//! The gateway over real sockets, with stand-ins of a few lines behind it.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser as _;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::answer::{Body, full};
use crate::config::Args;
use crate::server;

const LIMIT: Duration = Duration::from_secs(20);

struct Running {
    address: SocketAddr,
    _stop: DropGuard,
}

/// A gateway in front of one part, which plays all of them; instances cannot be looked up.
async fn gateway(part: SocketAddr) -> Running {
    gateway_with(part, "1000").await
}

/// With so many requests a minute of one client.
async fn gateway_with(part: SocketAddr, client_limit: &str) -> Running {
    let url = format!("http://{part}");
    gateway_of(part, &["--auth", &url, "--stripe", &url], client_limit).await
}

/// With these stand-ins.
async fn gateway_of(functions: SocketAddr, stand_ins: &[&str], client_limit: &str) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{functions}");
    let own = [
        "dev-gateway",
        "--listen=127.0.0.1:0",
        "--public-url=http://mindroom.localhost:8080",
        "--functions",
        &url,
        "--client-limit",
        client_limit,
    ];
    let arguments = own.iter().chain(stand_ins);
    // Port 1 of loopback: a database that refuses at once.
    let database = Some("postgres://gateway@127.0.0.1:1/mindroom".to_owned());
    let config = Args::parse_from(arguments).check(database).unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server::serve(listener, config, stop.clone()));
    Running {
        address,
        _stop: stop.drop_guard(),
    }
}

/// A part: says what it was asked, streams on `/stream`, echoes after an upgrade.
async fn part() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service_fn(|request| async { Ok::<_, Infallible>(play(request).await) });
            let http = hyper::server::conn::http1::Builder::new();
            tokio::spawn(
                http.serve_connection(TokioIo::new(stream), service)
                    .with_upgrades(),
            );
        }
    });
    address
}

async fn play(mut request: Request<Incoming>) -> Response<Body> {
    if request.headers().contains_key("upgrade") {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut buffer = [0; 64];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..length]).await.unwrap();
            }
        });
        let response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header("connection", "upgrade")
            .header("upgrade", "websocket");
        return response.body(full("")).unwrap();
    }
    if request.uri().path() == "/stream" {
        return Response::new(request.into_body().map_err(Into::into).boxed());
    }
    let (parts, body) = request.into_parts();
    let length = body.collect().await.unwrap().to_bytes().len();
    let mut text = format!("{} {}\nbody: {length}\n", parts.method, parts.uri);
    for (name, value) in &parts.headers {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    Response::new(full(text))
}

/// Sends raw bytes and reads the whole answer; the request has to ask for the connection's end.
async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let talk = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    tokio::time::timeout(LIMIT, talk)
        .await
        .expect("an answer in time")
}

async fn get(address: SocketAddr, host: &str, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    exchange(address, request.as_bytes()).await
}

/// Reads until `wanted` has arrived.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let read = async {
        let mut text = String::new();
        let mut buffer = [0; 256];
        while !text.contains(wanted) {
            let length = stream.read(&mut buffer).await.unwrap();
            assert_ne!(length, 0, "ended after {text}");
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        text
    };
    tokio::time::timeout(LIMIT, read)
        .await
        .expect("the text in time")
}

#[tokio::test]
async fn the_portal_has_a_prefix_that_the_api_never_reaches() {
    let gateway = gateway(part().await).await;
    let app = get(gateway.address, "app.mindroom.localhost:8080", "/login?x=1").await;
    assert!(app.contains("GET /portal/login?x=1\n"), "{app}");
    let api = get(
        gateway.address,
        "api.mindroom.localhost:8080",
        "/my/account",
    )
    .await;
    assert!(api.contains("GET /my/account\n"), "{api}");
    for host in ["api.mindroom.localhost", "localhost", "127.0.0.1:8080"] {
        let hidden = get(gateway.address, host, "//portal/login").await;
        assert!(hidden.starts_with("HTTP/1.1 404"), "{hidden}");
        assert!(hidden.contains("application/problem+json"), "{hidden}");
    }
}

#[tokio::test]
async fn the_part_hears_host_and_client_from_the_gateway_only() {
    let gateway = gateway(part().await).await;
    let request =
        b"GET / HTTP/1.1\r\nhost: api.mindroom.localhost:8080\r\nx-forwarded-for: 6.6.6.6\r\n\
        spin-client-addr: 6.6.6.6:1\r\nconnection: close, x-hop\r\nx-hop: 1\r\n\r\n";
    let answer = exchange(gateway.address, request).await;
    assert!(
        answer.contains("host: api.mindroom.localhost:8080\n"),
        "{answer}"
    );
    assert!(answer.contains("x-forwarded-for: 127.0.0.1\n"), "{answer}");
    assert!(
        answer.contains("x-forwarded-host: api.mindroom.localhost:8080\n"),
        "{answer}"
    );
    for forged in ["6.6.6.6", "spin-", "x-hop"] {
        assert!(!answer.contains(forged), "{answer}");
    }
}

#[tokio::test]
async fn requests_that_the_functions_host_cannot_answer_are_refused() {
    let gateway = gateway(part().await).await;
    let cases: [(&[u8], &str); 6] = [
        (b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n", "400"),
        (b"GET / HTTP/1.0\r\n\r\n", "400"),
        (
            b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
            "400",
        ),
        (
            b"GET / HTTP/1.1\r\nhost: localhost\r\nx: \xff\r\nconnection: close\r\n\r\n",
            "400",
        ),
        (
            b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            "400",
        ),
        (
            b"GET / HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n",
            "400",
        ),
    ];
    for (request, status) in cases {
        let answer = exchange(gateway.address, request).await;
        let shown = String::from_utf8_lossy(request);
        assert!(answer.contains(&format!(" {status} ")), "{shown}\n{answer}");
        assert!(
            answer.contains("application/problem+json"),
            "{shown}\n{answer}"
        );
    }
}

#[tokio::test]
async fn headers_have_a_bound() {
    let gateway = gateway(part().await).await;
    // Exactly as much as is read before it is refused: closing with bytes unread would reset the
    // connection, and the answer could be lost.
    let mut request = String::from("GET / HTTP/1.1\r\nhost: localhost\r\nx: ");
    request.push_str(&"x".repeat(server::MAX_HEADER_BYTES - request.len()));
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let gateway = gateway_with(part().await, "3").await;
    let ask = |host: &str| {
        let host = format!("{host}.mindroom.localhost");
        async move { get(gateway.address, &host, "/").await }
    };
    for host in ["app", "api", "api"] {
        let answer = ask(host).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let request = "GET /health HTTP/1.1\r\nhost: api.mindroom.localhost\r\nconnection: close\r\n\
        x-forwarded-for: 6.6.6.6\r\norigin: http://app.mindroom.localhost:8080\r\n\r\n";
    let refused = exchange(gateway.address, request.as_bytes()).await;
    for part in [
        "HTTP/1.1 429",
        "application/problem+json",
        "\"code\":\"rate_limited\"",
        "retry-after: ",
        "ratelimit-limit: 3",
        "ratelimit-remaining: 0",
        "access-control-allow-origin: http://app.mindroom.localhost:8080",
    ] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    // the stand-ins have limits of their own, as their originals
    let auth = ask("auth").await;
    assert!(auth.starts_with("HTTP/1.1 200"), "{auth}");
}

#[tokio::test]
async fn the_portal_alone_may_read_what_is_answered_in_the_apis_place() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let gateway = gateway(address).await;
    for (origin, may) in [
        ("http://app.mindroom.localhost:8080", true),
        ("http://evil.example", false),
    ] {
        let request = format!(
            "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\norigin: {origin}\r\n\r\n"
        );
        let answer = exchange(gateway.address, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        let allowed = answer.contains("access-control-allow-origin: ");
        assert_eq!(allowed, may, "{answer}");
    }
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let gateway = gateway(part().await).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = "POST /stream HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // Each piece is answered before the next one is sent.
    for piece in ["first", "other", "third"] {
        stream
            .write_all(format!("5\r\n{piece}\r\n").as_bytes())
            .await
            .unwrap();
        read_until(&mut stream, piece).await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    read_until(&mut stream, "0\r\n\r\n").await;
}

#[tokio::test]
async fn a_websocket_passes_through() {
    let gateway = gateway(part().await).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive, Upgrade\r\n\
        upgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_until(&mut stream, "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    assert!(
        answer.to_lowercase().contains("upgrade: websocket"),
        "{answer}"
    );
    for message in ["one", "two"] {
        stream.write_all(message.as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut stream, message).await, message);
    }
}

#[tokio::test]
async fn a_part_that_is_down_is_a_problem_that_says_when_to_come_back() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = gateway(gone).await;
    let answer = get(gateway.address, "api.mindroom.localhost", "/health").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 2"), "{answer}");
    assert!(answer.contains("upstream_unavailable"), "{answer}");
}

#[tokio::test]
async fn without_a_database_an_instance_has_a_page_all_the_same() {
    let gateway = gateway(part().await).await;
    let page = get(gateway.address, "acme.mindroom.localhost:8080", "/").await;
    assert!(page.starts_with("HTTP/1.1 503"), "{page}");
    assert!(page.contains("not known at the moment"), "{page}");
    let matrix = get(
        gateway.address,
        "acme.matrix.mindroom.localhost:8080",
        "/_matrix/x",
    )
    .await;
    assert!(matrix.contains("M_UNKNOWN"), "{matrix}");
}

#[tokio::test]
async fn a_stand_in_that_is_not_there_has_no_host() {
    let part = part().await;
    let gateway = gateway_of(part, &["--stripe", &format!("http://{part}")], "1000").await;
    let stripe = get(gateway.address, "stripe.mindroom.localhost", "/").await;
    assert!(stripe.starts_with("HTTP/1.1 200"), "{stripe}");
    let auth = get(gateway.address, "auth.mindroom.localhost", "/").await;
    assert!(auth.starts_with("HTTP/1.1 400"), "{auth}");
    assert!(auth.contains("unknown_host"), "{auth}");
}

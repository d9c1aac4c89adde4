//! Waits for a connection that Spin would not end.

use crate::postgres_pool::Holder;
use crate::support::host::manifest;
use crate::support::postgres::{Server, application, wait_for};
use crate::support::{Host, only_ours};

const FOR_EVER: &str = "Spin waits for ever";
const OPEN: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'probe%'";

/// With `most` connections in use, the next one is not to be had.
async fn one_more_fails(server: &Server, most: usize, more: &[&str], named: &str) {
    let postgres = server.client().await;
    let application = application(server);
    let arguments = [
        &application.arguments(),
        more,
        &["--max-wait-time", "200ms"],
    ]
    .concat();
    let host = Host::serve(&application.manifest, &arguments);
    let holder = Holder::start(&host, most);
    wait_for(&postgres, OPEN, i64::try_from(most).unwrap()).await;
    let (status, text) = host.post("/probe/query", "SELECT 1").await;
    assert_eq!(status, 422, "{text}");
    assert!(
        text.contains("ConnectionFailed(") && text.contains(named),
        "{text}"
    );
    assert_eq!(holder.end().await, format!("held {most}"));
    assert_eq!(host.post("/probe/query", "SELECT 1").await.0, 200);
}

#[tokio::test]
async fn one_more_connection_than_there_may_be_fails_in_the_end() {
    if only_ours(FOR_EVER) {
        return;
    }
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("runtime-config.toml");
    std::fs::write(&config, "[outbound_pg]\nmax_connections = 2\n").unwrap();
    let more = ["--runtime-config-file", config.to_str().unwrap()];
    one_more_fails(&server, 2, &more, "outbound_pg.max_connections").await;
    wait_for(&server.client().await, OPEN, 0).await; // they went with their host
    one_more_fails(&server, 64, &[], "Timeout occurred while waiting").await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    if only_ours(FOR_EVER) {
        return;
    }
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let allowed = format!("allowed_outbound_hosts = [\"postgres://{address}\"]\n");
    let host = Host::serve(&(manifest("") + &allowed), &["--max-wait-time", "200ms"]);
    let dsn = format!("postgres://postgres@{address}/postgres");
    let (status, text) = host.post("/probe/connect", &dsn).await;
    assert_eq!(status, 422);
    assert!(text.contains("ConnectionFailed("), "{text}");
}

#[tokio::test]
async fn the_address_that_was_longest_unused_is_forgotten() {
    if only_ours("which of 17 addresses Spin forgets is its own choice") {
        return;
    }
    let server = Server::start();
    let postgres = server.client().await;
    let application = application(&server);
    let host = Host::serve(&application.manifest, &application.arguments());
    let connect = async |number: usize| {
        let dsn = format!("{}?application_name=probe{number}", server.dsn());
        assert_eq!(host.post("/probe/connect", &dsn).await.0, 200);
    };
    for number in 0..16 {
        connect(number).await;
    }
    wait_for(&postgres, OPEN, 16).await;
    connect(0).await;
    connect(16).await;
    let of = |number: usize| {
        format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'probe{number}'")
    };
    wait_for(&postgres, OPEN, 16).await;
    for (number, expected) in [(0, 1), (1, 0), (2, 1), (16, 1)] {
        wait_for(&postgres, &of(number), expected).await;
    }
}

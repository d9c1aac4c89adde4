//! A transaction that a request leaves open: with Spin the next request goes on inside it.

use tokio_postgres::Client;

use crate::support::postgres::{Server, application, wait_for};
use crate::support::{Host, is_ours, only_ours};

const OPEN: &str = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
const COMMITTED: &str = "SELECT count(*) FROM probe";
const STRICT: &str = "`--strict` is a word of ours";

async fn start(arguments: &[&str]) -> (Server, Client, Host) {
    let server = Server::start();
    let client = server.client().await;
    let table = "CREATE TABLE probe (id int4)";
    client.batch_execute(table).await.unwrap();
    let application = application(&server);
    let arguments = [&application.arguments(), arguments].concat();
    let host = Host::serve(&application.manifest, &arguments);
    (server, client, host)
}

async fn seen(host: &Host) -> String {
    let (status, text) = host.post("/probe/query", COMMITTED).await;
    assert_eq!(status, 200, "{text}");
    text.lines().nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn it_leaks_into_the_next_request() {
    let (_server, client, host) = start(&[]).await;
    assert_eq!(host.get("/probe/open").await.0, 200);
    wait_for(&client, OPEN, 1).await;
    assert_eq!(
        seen(&host).await,
        "Int64(1)",
        "the next request was to see the row"
    );
    assert_eq!(
        client
            .query_one(COMMITTED, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        0
    );
    if is_ours() {
        let log = host.logged("AN OPEN TRANSACTION LEAKS").await;
        assert!(log.contains("component=\"probe\""), "{log}");
    }
    assert_eq!(host.post("/probe/execute", "ROLLBACK").await.0, 200);
    assert_eq!(seen(&host).await, "Int64(0)");
    // One that failed cannot be cleaned: its connection goes.
    assert_eq!(host.post("/probe/execute", "BEGIN").await.0, 200);
    assert_eq!(host.post("/probe/execute", "SELECT 1/0").await.0, 422);
    assert_eq!(seen(&host).await, "Int64(0)");
    wait_for(&client, OPEN, 0).await;
}

#[tokio::test]
async fn strict_answers_500_and_closes_the_connection() {
    if only_ours(STRICT) {
        return;
    }
    let (_server, client, host) = start(&["--strict"]).await;
    assert_eq!(seen(&host).await, "Int64(0)", "what is right was refused");
    assert_eq!(host.get("/probe/open").await, (500, String::new()));
    let log = host.logged("ended inside a transaction").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    wait_for(&client, OPEN, 0).await;
    assert_eq!(seen(&host).await, "Int64(0)", "the row was to go");
    // A failed one, and one whose request fails anyway.
    assert_eq!(host.post("/probe/execute", "BEGIN").await.0, 500);
    wait_for(&client, OPEN, 0).await;
    let before = host
        .logged_times("ended inside a transaction", 2)
        .await
        .len();
    for _ in 0..5 {
        let insert = "INSERT INTO probe VALUES (2)";
        assert_eq!(host.post("/probe/execute", insert).await.0, 200);
    }
    assert_eq!(seen(&host).await, "Int64(5)");
    assert!(
        !host.log()[before..].contains("transaction"),
        "what is right was blamed"
    );
}

#[tokio::test]
async fn strict_sees_connections_that_an_instance_keeps() {
    if only_ours(STRICT) {
        return;
    }
    let arguments = ["--strict", "--idle-instance-timeout", "60s"];
    let (_server, client, host) = start(&arguments).await;
    let keep = |sql: &'static str| host.post("/probe/keep", sql);
    let pids = "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE application_name = 'probe'";
    for _ in 0..3 {
        assert_eq!(
            keep("INSERT INTO probe VALUES (3)").await,
            (200, "1".to_owned())
        );
    }
    wait_for(&client, pids, 1).await;
    assert_eq!(keep("BEGIN").await, (500, String::new()));
    wait_for(&client, OPEN, 0).await;
    // The instance learns by its next command that its connection is gone, and opens another.
    let (status, text) = keep("INSERT INTO probe VALUES (4)").await;
    assert_eq!(status, 422);
    assert!(text.contains("left a transaction open"), "{text}");
    assert_eq!(keep("INSERT INTO probe VALUES (4)").await.0, 200);
    assert_eq!(seen(&host).await, "Int64(4)");
}

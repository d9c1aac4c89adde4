//! PostgreSQL as components reach it. One server and one host serve all cases here.

use tokio_postgres::Client;

use crate::support::Host;
use crate::support::host::manifest;
use crate::support::postgres::Server;

#[tokio::test]
async fn postgres() {
    let server = Server::start();
    let client = server.client().await;
    client
        .batch_execute("CREATE TABLE probe (id int4 PRIMARY KEY)")
        .await
        .unwrap();
    let text = format!(
        "{}allowed_outbound_hosts = [\"{{{{ database }}}}\"]\n[component.probe.variables]\n\
         dsn = \"{{{{ dsn }}}}\"\n[variables]\ndsn = {{ required = true, secret = true }}\n\
         database = {{ required = true }}\n",
        manifest("")
    );
    let dsn = format!("dsn={}?application_name=probe", server.dsn());
    let database = format!("database=postgres://127.0.0.1:{}", server.port);
    let host = Host::serve(&text, &["--variable", &dsn, "--variable", &database]);
    types_are_decoded(&host).await;
    types_that_spin_does_not_give_are_named(&host).await;
    parameters_of_every_type_arrive(&host).await;
    many_rows_come_in_order(&host).await;
    errors_of_the_server_come_whole(&host).await;
    open_transactions_end_with_their_request(&host, &client).await;
    settings_do_not_outlive_a_request(&host).await;
    changed_tables_do_no_harm(&host, &client).await;
    lost_connections_are_replaced(&host, &client).await;
    other_addresses_are_refused(&host, &server).await;
    few_connections_were_used(&host, &client).await;
}

async fn rows(host: &Host, sql: &str) -> Vec<String> {
    let (status, text) = host.post("/probe/query", sql).await;
    assert_eq!(status, 200, "{sql}: {text}");
    text.lines().map(ToOwned::to_owned).collect()
}

async fn types_are_decoded(host: &Host) {
    for (sql, value) in [
        ("true", "DbValue::Boolean(true)"),
        ("1::int2", "DbValue::Int16(1)"),
        ("-2::int4", "DbValue::Int32(-2)"),
        ("3::int8", "DbValue::Int64(3)"),
        ("1.5::float4", "DbValue::Floating32(1.5)"),
        ("2.5::float8", "DbValue::Floating64(2.5)"),
        ("'grüße'::text", "DbValue::Str(\"grüße\")"),
        ("'v'::varchar(3)", "DbValue::Str(\"v\")"),
        ("'ab '::char(3)", "DbValue::Str(\"ab \")"),
        ("'\\x0102'::bytea", "DbValue::Binary([1, 2])"),
        (
            "'00000000-0000-0000-0000-00000000000A'::uuid",
            "DbValue::Uuid(\"00000000-0000-0000-0000-00000000000a\")",
        ),
        ("'{\"b\": [1, null]}'::jsonb", "Jsonb({\"b\": [1, null]})"),
        ("date '2026-11-23'", "DbValue::Date((2026, 11, 23))"),
        ("time '01:02:03.000004'", "DbValue::Time((1, 2, 3, 4000))"),
        (
            "timestamp '1999-12-31 23:59:59.5'",
            "DbValue::Datetime((1999, 12, 31, 23, 59, 59, 500000000))",
        ),
        ("12.50::numeric(10,2)", "DbValue::Decimal(\"12.50\")"),
        ("-0.000001::numeric", "DbValue::Decimal(\"-0.000001\")"),
        (
            "array[1,null]::int4[]",
            "DbValue::ArrayInt32([Some(1), None])",
        ),
        ("array[9]::int8[]", "DbValue::ArrayInt64([Some(9)])"),
        (
            "array['a',null]::text[]",
            "DbValue::ArrayStr([Some(\"a\"), None])",
        ),
        (
            "array[1.5]::numeric[]",
            "DbValue::ArrayDecimal([Some(\"1.5\")])",
        ),
        ("null::uuid", "DbValue::DbNull"),
    ] {
        assert_eq!(
            rows(host, &format!("SELECT {sql} AS c")).await,
            ["c", value],
            "{sql}"
        );
    }
}

async fn types_that_spin_does_not_give_are_named(host: &Host) {
    for (sql, kind) in [
        ("now()", "timestamptz"),
        ("'{}'::json", "json"),
        ("'n'::name", "name"),
        ("'127.0.0.1'::inet", "inet"),
        ("array[gen_random_uuid()]", "_uuid"),
    ] {
        let (status, text) = host
            .post("/probe/query", &format!("SELECT 1 AS a, {sql} AS odd_one"))
            .await;
        assert_eq!(status, 422);
        assert!(
            text.contains("odd_one") && text.contains(&format!("has the type {kind},")),
            "{text}"
        );
    }
    let (_, text) = host
        .post("/probe/query", "SELECT 'NaN'::numeric AS n")
        .await;
    assert!(text.contains("column \\\"n\\\" of type numeric"), "{text}");
}

async fn parameters_of_every_type_arrive(host: &Host) {
    let (status, text) = host.get("/probe/parameters").await;
    assert_eq!(status, 200, "{text}");
    let expected = "t|7|8|9|1.5|text|\\\\x0102|00000000-0000-0000-0000-00000000000a|{\\\"a\\\": 1}|12.50|\
                    2026-11-23|01:02:03.000004|2026-11-23 01:02:03.000004|1|{1,NULL}|{a,NULL}|t";
    assert_eq!(text, format!("DbValue::Str(\"{expected}\")"));
}

async fn many_rows_come_in_order(host: &Host) {
    let all = rows(host, "SELECT i FROM generate_series(1, 5000) AS i").await;
    assert_eq!(all.len(), 5001);
    assert!(
        all[1..]
            .iter()
            .enumerate()
            .all(|(at, row)| *row == format!("DbValue::Int32({})", at + 1))
    );
    // An error in the middle comes after the rows before it, and is not lost.
    let (status, text) = host
        .post(
            "/probe/query",
            "SELECT 1 / (1000 - i) FROM generate_series(1, 2000) AS i",
        )
        .await;
    assert_eq!(status, 422);
    assert!(text.contains("22012"), "{text}");
    assert_eq!(rows(host, "SELECT 1 AS c WHERE false").await, ["c"]);
}

async fn errors_of_the_server_come_whole(host: &Host) {
    assert_eq!(
        host.post("/probe/execute", "INSERT INTO probe VALUES (7), (8)")
            .await,
        (200, "2".to_owned())
    );
    let (status, text) = host
        .post("/probe/execute", "INSERT INTO probe VALUES (7)")
        .await;
    assert_eq!(status, 422);
    for part in [
        "code: \"23505\"",
        "(\"constraint\", \"probe_pkey\")",
        "(\"table\", \"probe\")",
        "Key (id)=(7)",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (_, two) = host.post("/probe/execute", "SELECT 1; SELECT 2").await;
    assert!(two.contains("42601"), "{two}");
    let (_, count) = host.post("/probe/query", "SELECT $1::int4").await;
    assert!(
        count.contains("BadParameter") && count.contains("1 parameters"),
        "{count}"
    );
}

async fn open_transactions_end_with_their_request(host: &Host, client: &Client) {
    assert_eq!(host.get("/probe/open").await.0, 200);
    let log = host.logged("left a transaction open").await;
    assert!(log.contains("component=\"probe\""), "{log}");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
    wait_for(client, open, 0).await;
    assert_eq!(
        rows(host, "SELECT count(*) FROM probe WHERE id = 1").await[1],
        "DbValue::Int64(0)"
    );
    // One that failed inside, too.
    assert_eq!(host.post("/probe/execute", "BEGIN").await.0, 200);
    wait_for(client, open, 0).await;
    let before = host.log().len();
    assert_eq!(rows(host, "SELECT 1").await.len(), 2);
    assert!(
        !host.log()[before..].contains("left a transaction open"),
        "a clean request was blamed"
    );
}

async fn settings_do_not_outlive_a_request(host: &Host) {
    assert_eq!(
        host.post("/probe/execute", "SET work_mem = '77MB'").await.0,
        200
    );
    assert_ne!(
        rows(host, "SELECT current_setting('work_mem')").await[1],
        "DbValue::Str(\"77MB\")"
    );
}

async fn changed_tables_do_no_harm(host: &Host, client: &Client) {
    client
        .batch_execute("CREATE TABLE changing (a int4); INSERT INTO changing VALUES (1)")
        .await
        .unwrap();
    assert_eq!(
        rows(host, "SELECT * FROM changing").await,
        ["a", "DbValue::Int32(1)"]
    );
    client
        .batch_execute("ALTER TABLE changing ALTER a TYPE text, ADD b bool")
        .await
        .unwrap();
    assert_eq!(
        rows(host, "SELECT * FROM changing").await,
        ["a,b", "DbValue::Str(\"1\")|DbValue::DbNull"]
    );
}

async fn lost_connections_are_replaced(host: &Host, client: &Client) {
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'probe'";
    let killed: i64 = client.query_one(kill, &[]).await.unwrap().get(0);
    assert!(killed > 0);
    wait_for(
        client,
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'probe'",
        0,
    )
    .await;
    // The host may learn of the loss only by its first try.
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(host.post("/probe/query", "SELECT 1").await.0);
    }
    assert_eq!(answers[1..], [200, 200]);
}

async fn other_addresses_are_refused(host: &Host, server: &Server) {
    let port = server.port;
    for (dsn, named) in [
        (
            format!("postgres://postgres@localhost:{port}/postgres"),
            format!("postgres://localhost:{port}"),
        ),
        (
            "postgres://postgres@127.0.0.1:1/postgres".to_owned(),
            "postgres://127.0.0.1:1".to_owned(),
        ),
        (
            format!("hostaddr=127.0.0.2 port={port} user=postgres"),
            format!("postgres://127.0.0.2:{port}"),
        ),
    ] {
        let (status, text) = host.post("/probe/connect", &dsn).await;
        assert_eq!(status, 422);
        assert!(
            text.contains(&format!("address {named} is not permitted")),
            "{text}"
        );
        host.logged(&format!("allowed_outbound_hosts = [\"{named}\"]"))
            .await;
    }
    let (_, both) = host
        .post(
            "/probe/connect",
            &format!("host=127.0.0.1 hostaddr=127.0.0.2 port={port}"),
        )
        .await;
    assert!(both.contains("hostaddr"), "{both}");
    let direct = format!("hostaddr=127.0.0.1 port={port} user=postgres");
    assert_eq!(
        host.post("/probe/connect", &direct).await,
        (200, "connected".to_owned())
    );
}

/// Requests one after the other share connections; another is opened only where the next request
/// comes before the last one's connection is clean again.
async fn few_connections_were_used(host: &Host, client: &Client) {
    for _ in 0..50 {
        assert_eq!(rows(host, "SELECT 1").await.len(), 2);
    }
    let used = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'probe'";
    let used: i64 = client.query_one(used, &[]).await.unwrap().get(0);
    assert!((1..=5).contains(&used), "{used} connections");
}

async fn wait_for(client: &Client, sql: &str, expected: i64) {
    let since = std::time::Instant::now();
    loop {
        let found: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        if found == expected {
            return;
        }
        assert!(
            since.elapsed() < crate::support::host::PATIENCE,
            "{sql}: {found}, not {expected}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

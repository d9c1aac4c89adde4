//! PostgreSQL as components reach it. One server and one host serve all cases here.

use tokio_postgres::Client;

use crate::support::postgres::{Server, application, wait_for};
use crate::support::{Host, is_ours};

#[tokio::test]
async fn postgres() {
    let server = Server::start();
    let client = server.client().await;
    client
        .batch_execute("CREATE TABLE probe (id int4 PRIMARY KEY)")
        .await
        .unwrap();
    let application = application(&server);
    let host = Host::serve(&application.manifest, &application.arguments());
    types_are_decoded(&host).await;
    types_without_a_form_come_raw(&host).await;
    parameters_of_every_type_arrive(&host).await;
    many_rows_come_in_order(&host).await;
    errors_of_the_server_come_whole(&host).await;
    misfits_are_told(&host).await;
    settings_do_not_outlive_a_request(&host).await;
    synchronous_calls_do_the_same(&host).await;
    results_are_limited(&host).await;
    changed_tables_do_no_harm(&host, &client).await;
    lost_connections_are_replaced(&host, &client).await;
    other_addresses_are_refused(&host, &server).await;
    without_tls_it_is_left_when_tls_is_required(&host, &server).await;
    few_connections_were_used(&host, &client).await;
}

async fn rows(host: &Host, sql: &str) -> Vec<String> {
    let (status, text) = host.post("/probe/query", sql).await;
    assert_eq!(status, 200, "{sql}: {text}");
    text.lines().map(ToOwned::to_owned).collect()
}

async fn types_are_decoded(host: &Host) {
    for (sql, value) in [
        ("true", "Boolean(true)"),
        ("1::int2", "Int16(1)"),
        ("-2::int4", "Int32(-2)"),
        ("3::int8", "Int64(3)"),
        ("1.5::float4", "Floating32(1.5)"),
        ("2.5::float8", "Floating64(2.5)"),
        ("'grüße'::text", "Str(\"grüße\")"),
        ("'v'::varchar(3)", "Str(\"v\")"),
        ("'ab '::char(3)", "Str(\"ab \")"),
        ("'\\x0102'::bytea", "Binary([1, 2])"),
        (
            "'00000000-0000-0000-0000-00000000000A'::uuid",
            "Uuid(\"00000000-0000-0000-0000-00000000000a\")",
        ),
        ("'{\"b\": [1, null]}'::jsonb", "Jsonb({\"b\":[1,null]})"),
        ("date '2026-11-23'", "Date((2026, 11, 23))"),
        ("time '01:02:03.000004'", "Time((1, 2, 3, 4000))"),
        (
            "timestamp '1999-12-31 23:59:59.5'",
            "Datetime((1999, 12, 31, 23, 59, 59, 500000000))",
        ),
        ("12.50::numeric(10,2)", "Decimal(\"12.50\")"),
        ("-0.000001::numeric", "Decimal(\"-0.000001\")"),
        ("array[1,null]::int4[]", "ArrayInt32([Some(1), None])"),
        ("array[9]::int8[]", "ArrayInt64([Some(9)])"),
        ("array['a',null]::text[]", "ArrayStr([Some(\"a\"), None])"),
        ("array[1.5]::numeric[]", "ArrayDecimal([Some(\"1.5\")])"),
        ("null::uuid", "DbNull"),
        (
            "'[1,4]'::int4range",
            "RangeInt32((Some((1, RangeBoundKind::Inclusive)), Some((5, RangeBoundKind::Exclusive))))",
        ),
        (
            "'(,9)'::int8range",
            "RangeInt64((None, Some((9, RangeBoundKind::Exclusive))))",
        ),
        (
            "'(1.5,2]'::numrange",
            "RangeDecimal((Some((\"1.5\", RangeBoundKind::Exclusive)), Some((\"2\", RangeBoundKind::Inclusive))))",
        ),
        ("'empty'::int4range", "RangeInt32((None, None))"),
        (
            "interval '1 month -2 days 3 seconds'",
            "Interval(Interval { micros: 3000000, days: -2, months: 1 })",
        ),
    ] {
        assert_eq!(
            rows(host, &format!("SELECT {sql} AS c")).await[1],
            value,
            "{sql}"
        );
    }
}

/// Types that the interface has no form for: the bytes of the wire.
async fn types_without_a_form_come_raw(host: &Host) {
    for (sql, kind, value) in [
        ("'{}'::json", "json", "Unsupported([123, 125])"),
        ("'n'::name", "name", "Unsupported([110])"),
        ("true::text::\"char\"", "char", "Unsupported([116])"),
        (
            "array[true]",
            "_bool",
            // Dimensions, nulls, the type's number, length, first index; length and value of each.
            "Unsupported([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1])",
        ),
        ("null::inet", "inet", "DbNull"),
    ] {
        let rows = rows(host, &format!("SELECT {sql} AS odd")).await;
        assert_eq!(rows[0], format!("odd:DbDataType::Other(\"{kind}\")"));
        assert_eq!(rows[1], value, "{sql}");
    }
    // This one Spin means to read, but cannot.
    for sql in ["now()", "null::timestamptz"] {
        let asked = format!("SELECT {sql} AS odd_one");
        let (status, text) = host.post("/probe/query", &asked).await;
        assert_eq!(status, 422);
        assert!(
            text.contains("QueryFailed") && text.contains("timestamptz"),
            "{text}"
        );
    }
    let (_, text) = host
        .post("/probe/query", "SELECT 'NaN'::numeric AS n")
        .await;
    assert!(text.contains("QueryFailed"), "{text}");
}

async fn parameters_of_every_type_arrive(host: &Host) {
    let (status, text) = host.get("/probe/parameters").await;
    assert_eq!(status, 200, "{text}");
    let expected = "true|7|8|9|2.5|1.5|text|\\\\x0102|00000000-0000-0000-0000-00000000000a|\
                    {\\\"a\\\": 1}|12.50|2026-11-23|01:02:03.000004|2026-11-23 01:02:03.000004|\
                    1970-01-01 00:00:01|[1,5)|(,5)|(1.5,2]|{1,NULL}|{2}|{0.5,NULL}|{a,NULL}|\
                    3 mons 2 days 00:00:00.000001|null";
    assert_eq!(
        text.lines().nth(1),
        Some(format!("Str(\"{expected}\")").as_str())
    );
}

async fn many_rows_come_in_order(host: &Host) {
    let all = rows(host, "SELECT i FROM generate_series(1, 5000) AS i").await;
    assert_eq!(all.len(), 5001);
    assert!(
        all[1..]
            .iter()
            .enumerate()
            .all(|(at, row)| *row == format!("Int32({})", at + 1))
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
    // Columns come with rows only.
    assert_eq!(
        host.post("/probe/query", "SELECT 1 AS c WHERE false").await,
        (200, String::new())
    );
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
}

async fn misfits_are_told(host: &Host) {
    for (how, named) in [
        ("query", "BadParameter("),
        ("execute", "ValueConversionFailed("),
        ("type", "QueryFailed("),
        ("count", "QueryFailed("),
    ] {
        let (status, text) = host.get(&format!("/probe/misfit/{how}")).await;
        assert_eq!(status, 422, "{how}");
        assert!(text.contains(named), "{how}: {text}");
    }
}

async fn settings_do_not_outlive_a_request(host: &Host) {
    assert_eq!(
        host.post("/probe/execute", "SET work_mem = '77MB'").await.0,
        200
    );
    assert_ne!(
        rows(host, "SELECT current_setting('work_mem')").await[1],
        "Str(\"77MB\")"
    );
}

async fn synchronous_calls_do_the_same(host: &Host) {
    let ask = |how: &'static str, sql: &'static str| async move {
        host.post(&format!("/probe/sync/{how}"), sql).await
    };
    let numbers = "SELECT i AS number, i::text AS name FROM generate_series(1, 3) AS i";
    let expected = "number,name\nInt32(1)|Str(\"1\")\nInt32(2)|Str(\"2\")\nInt32(3)|Str(\"3\")";
    assert_eq!(ask("query", numbers).await, (200, expected.to_owned()));
    let none = "SELECT 1 AS c WHERE false";
    assert_eq!(ask("query", none).await, (200, String::new()));
    let insert = "INSERT INTO probe VALUES (20), (21), (22)";
    assert_eq!(ask("execute", insert).await, (200, "3".to_owned()));
    let (status, again) = ask("execute", insert).await;
    assert!(
        status == 422 && again.contains("code: \"23505\""),
        "{again}"
    );
    let (status, unknown) = ask("query", "SELECT nothing").await;
    assert!(
        status == 422 && unknown.contains("code: \"42703\""),
        "{unknown}"
    );
    // Of an error among the rows only the text is left.
    let (status, text) = ask(
        "query",
        "SELECT 1 / (2 - i) FROM generate_series(1, 3) AS i",
    )
    .await;
    assert!(status == 422 && text.contains("QueryFailed"), "{text}");
    assert!(
        text.contains("22012") && !text.contains("code: \"22012\""),
        "{text}"
    );
}

/// By 128 MiB: each row of a stream, or all rows of a result that is none.
async fn results_are_limited(host: &Host) {
    let two = "SELECT repeat('x', 70000000) FROM generate_series(1, 2)";
    for (path, sql) in [
        ("/probe/sync/query", two),
        ("/probe/query", "SELECT repeat('x', 140000000)"),
    ] {
        let (status, text) = host.post(path, sql).await;
        let shown = &text[..text.len().min(300)];
        assert!(status == 422 && shown.contains("QueryFailed"), "{shown}");
    }
}

async fn changed_tables_do_no_harm(host: &Host, client: &Client) {
    client
        .batch_execute("CREATE TABLE changing (a int4); INSERT INTO changing VALUES (1)")
        .await
        .unwrap();
    assert_eq!(
        rows(host, "SELECT * FROM changing").await,
        ["a:DbDataType::Int32", "Int32(1)"]
    );
    client
        .batch_execute("ALTER TABLE changing ALTER a TYPE text, ADD b bool")
        .await
        .unwrap();
    assert_eq!(
        rows(host, "SELECT * FROM changing").await,
        [
            "a:DbDataType::Str,b:DbDataType::Boolean",
            "Str(\"1\")|DbNull"
        ]
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
            "host=127.0.0.1 user=postgres".to_owned(),
            "postgres://127.0.0.1".to_owned(),
        ),
    ] {
        let (status, text) = host.post("/probe/connect", &dsn).await;
        assert_eq!(status, 422);
        let expected = format!("ConnectionFailed(\"address {named} is not permitted\")");
        assert!(text.contains(&expected), "{text}");
        if is_ours() {
            let line = format!("allowed_outbound_hosts = [\"{named}\"]");
            host.logged(&line).await;
        }
    }
    for form in [
        "postgres://postgres@127.0.0.1:{}/postgres",
        "host=127.0.0.1 port={} user=postgres",
    ] {
        let dsn = form.replace("{}", &port.to_string());
        assert_eq!(
            host.post("/probe/connect", &dsn).await,
            (200, "connected".to_owned())
        );
    }
    // No entry of Spin fits an IPv6 address.
    let sixth = format!("postgres://postgres@[::1]:{port}/postgres");
    let (_, text) = host.post("/probe/connect", &sixth).await;
    let expected = format!("address postgres://::1:{port} is not permitted");
    assert!(text.contains(&expected), "{text}");
    for (wrong, named) in [
        ("host=/var/run/postgresql user=postgres", "Unix sockets"),
        (
            "postgres://a@127.0.0.1/b?sslmode=verify-full",
            "invalid connection string",
        ),
        ("nonsense", "invalid connection string"),
    ] {
        let (_, text) = host.post("/probe/connect", wrong).await;
        assert!(
            text.contains("ConnectionFailed") && text.contains(named),
            "{text}"
        );
    }
    let nobody = format!("postgres://postgres:s3cr3t@127.0.0.1:{port}/nobody");
    let (_, text) = host.post("/probe/connect", &nobody).await;
    assert!(
        text.contains("Error occurred while creating a new object: "),
        "{text}"
    );
    assert!(
        text.contains("nobody") && !text.contains("s3cr3t"),
        "{text}"
    );
}

async fn without_tls_it_is_left_when_tls_is_required(host: &Host, server: &Server) {
    for (mode, expected, named) in [
        ("require", 422, "server does not support TLS"),
        ("prefer", 200, "Boolean(false)"),
    ] {
        let dsn = format!("{}?sslmode={mode}", server.dsn());
        let (status, text) = host.post("/probe/tls", &dsn).await;
        assert_eq!(status, expected, "{text}");
        assert!(text.contains(named), "{text}");
    }
}

/// Requests one after the other share a connection.
async fn few_connections_were_used(host: &Host, client: &Client) {
    for _ in 0..50 {
        assert_eq!(rows(host, "SELECT 1").await.len(), 2);
    }
    let used = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'probe'";
    let used: i64 = client.query_one(used, &[]).await.unwrap().get(0);
    assert!((1..=5).contains(&used), "{used} connections");
}

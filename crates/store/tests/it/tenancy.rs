//! What each role really reads and writes, tried on the rows of two accounts in every table.

use tokio_postgres::Client;

use crate::support::{A, B, Table, filled, refusal, tables};

const DENIED: &str = "42501";
/// Seen by one's own account (Supabase's API serves them).
const OWN: [&str; 6] = [
    "accounts",
    "audit_logs",
    "instance_events",
    "instances",
    "payments",
    "subscriptions",
];
/// Rows of the functions' role that belong to an account, with the expression that says whose they are.
const TENANT: [(&str, &str); 17] = [
    ("public.account_deletions", "account_id"),
    ("public.account_notes", "account_id"),
    ("public.accounts", "id"),
    ("public.audit_logs", "account_id"),
    ("public.checkout_sessions", "account_id"),
    ("public.instance_events", "account_id"),
    (
        "public.instance_health",
        "(select account_id from public.instances i where i.id = instance)",
    ),
    (
        "public.instance_secrets",
        "(select account_id from public.instances i where i.id = instance)",
    ),
    ("public.instances", "account_id"),
    ("public.payments", "account_id"),
    ("public.sessions", "account_id"),
    ("public.subscriptions", "account_id"),
    ("public.usage_metrics", "account_id"),
    ("public.webhook_events", "account_id"),
    ("prov.job_failures", "tenant"),
    ("prov.job_history", "tenant"),
    ("prov.jobs", "tenant"),
];

/// The ids of the accounts whose rows a session sees in a table.
async fn owners(client: &Client, table: &str, owner: &str) -> Vec<String> {
    let query =
        format!("select distinct coalesce(({owner})::text, 'nobody') from {table} t order by 1");
    let rows = client.query(&query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

fn owner_of(table: &str) -> Option<&'static str> {
    TENANT
        .iter()
        .find(|(tenant, _)| *tenant == table)
        .map(|(_, owner)| *owner)
}

/// Writes that a role without the right to is refused, whatever the row.
async fn refuses_writes(client: &Client, table: &Table) {
    let name = &table.name;
    for statement in [
        format!("insert into {name} default values"),
        format!("update {name} set {} = default", table.column),
        format!("delete from {name}"),
        format!("truncate {name}"),
    ] {
        assert_eq!(refusal(client, &statement).await, DENIED, "{statement}");
    }
}

#[tokio::test]
async fn the_internet_reads_its_own_rows_and_writes_none() {
    let claims = |account: &str| format!(r#"{{"sub": "{account}", "role": "authenticated"}}"#);
    let database = filled().await;
    let all = tables(&database.owner().await).await;
    for (role, claims, sees) in [
        ("anon", String::new(), None),
        ("anon", claims(A), None), // a claim that no role goes with
        ("authenticated", String::new(), None),
        ("authenticated", "{}".to_owned(), None),
        (
            "authenticated",
            claims("00000000-0000-0000-0000-00000000dead"),
            None,
        ),
        ("authenticated", claims(A), Some(A)),
        ("authenticated", claims(B), Some(B)),
    ] {
        // As PostgREST does it.
        let client = database.owner().await;
        let become_it = format!("set role {role}; set request.jwt.claims = '{claims}'");
        client.batch_execute(&become_it).await.unwrap();
        for table in &all {
            let is_own = role == "authenticated"
                && OWN
                    .iter()
                    .any(|own| table.name.strip_prefix("public.") == Some(own));
            if is_own {
                let seen = owners(&client, &table.name, owner_of(&table.name).unwrap()).await;
                let expected: Vec<String> = sees.map(str::to_owned).into_iter().collect();
                assert_eq!(seen, expected, "{role} {claims} {table:?}");
            } else {
                let select = format!("select from {} limit 1", table.name);
                assert_eq!(
                    refusal(&client, &select).await,
                    DENIED,
                    "{role} {claims} {table:?}"
                );
            }
            refuses_writes(&client, table).await;
        }
    }
}

#[tokio::test]
async fn a_claim_that_is_no_account_is_an_error_and_not_everything() {
    let client = filled().await.owner().await;
    for claims in ["x", r#"{"sub": "x"}"#, r#"{"sub": ["a"]}"#, "[]"] {
        let become_it = format!("set role authenticated; set request.jwt.claims = '{claims}'");
        client.batch_execute(&become_it).await.unwrap();
        match client.query("select id from accounts", &[]).await {
            Ok(rows) => assert!(rows.is_empty(), "{claims}"),
            Err(error) => assert!(error.as_db_error().is_some(), "{claims}: {error}"),
        }
        client.batch_execute("reset role").await.unwrap();
    }
}

#[tokio::test]
async fn service_role_reads_nothing_although_it_passes_by_row_security() {
    let database = filled().await;
    let client = database.owner().await;
    let all = tables(&client).await;
    client.batch_execute("set role service_role").await.unwrap();
    for table in &all {
        let select = format!("select from {} limit 1", table.name);
        assert_eq!(refusal(&client, &select).await, DENIED, "{table:?}");
        refuses_writes(&client, table).await;
    }
}

#[tokio::test]
async fn the_functions_see_the_account_that_they_work_for() {
    let database = filled().await;
    let client = database.connect("mindroom_functions").await;
    let all = tables(&database.owner().await).await;
    // of callers and of the platform, not of accounts
    let others = [
        "public.idempotency_keys",
        "public.rate_limits",
        "public.service_keys",
    ];
    for (setting, sees) in [
        ("reset app.account_id; reset app.scope".to_owned(), vec![]),
        (format!("set app.account_id = '{A}'"), vec![A]),
        (format!("set app.account_id = '{B}'"), vec![B]),
        (
            "reset app.account_id; set app.scope = 'everything'".to_owned(),
            vec![],
        ),
        ("set app.scope = 'admin'".to_owned(), vec![A, B]),
        ("set app.scope = 'system'".to_owned(), vec![A, B]),
    ] {
        client.batch_execute(&setting).await.unwrap();
        for table in all
            .iter()
            .filter(|table| !others.contains(&table.name.as_str()))
        {
            let Some(owner) = owner_of(&table.name) else {
                let select = format!("select from {} limit 1", table.name);
                assert_eq!(refusal(&client, &select).await, DENIED, "{table:?}");
                continue;
            };
            let mut seen = owners(&client, &table.name, owner).await;
            // rows that are nobody's, and the third account, which has nothing but its own row
            seen.retain(|account| account == A || account == B);
            assert_eq!(seen, sees, "{setting}: {table:?}");
        }
    }
}

#[tokio::test]
async fn the_functions_see_the_keys_of_the_caller_that_they_work_for() {
    let client = filled().await.connect("mindroom_functions").await;
    for (subject, keys) in [("", 0), (B, 0), (A, 1), ("machine:0011", 1)] {
        client
            .batch_execute(&format!("set app.key_subject = '{subject}'"))
            .await
            .unwrap();
        let rows = client
            .query("select key from idempotency_keys", &[])
            .await
            .unwrap();
        assert_eq!(rows.len(), keys, "{subject}");
    }
}

#[tokio::test]
async fn the_functions_write_no_row_of_another_account() {
    let database = filled().await;
    let client = database.connect("mindroom_functions").await;
    client
        .batch_execute(&format!("set app.account_id = '{A}'"))
        .await
        .unwrap();
    let theirs = "'00000000-0000-0000-0000-0000000000b4'";
    for statement in [
        format!(
            "insert into audit_logs (account_id, actor_type, action, resource_type) values ('{B}', 'account', 'x', 'y')"
        ),
        "insert into accounts (id, email) values ('00000000-0000-0000-0000-00000000dead', 'x')"
            .to_owned(),
        format!(
            "insert into instance_events (account_id, instance, kind, name) values ('{B}', {theirs}, 'wish', 'start')"
        ),
        format!(
            "insert into instance_health (instance, healthy, latency_ms) values ({theirs}, true, 1)"
        ),
        format!("insert into sessions (sha256, account_id) values (sha256('x'), '{B}')"),
        "insert into webhook_events (id, type, object_type, livemode, payload, created_at)
           values ('evt_x', 'x', 'x', false, '{}', now())"
            .to_owned(),
    ] {
        assert_eq!(refusal(&client, &statement).await, DENIED, "{statement}");
    }
    for statement in [
        format!("update instances set desired_state = 'stopped' where id = {theirs}"),
        format!("update accounts set full_name = 'x' where id = '{B}'"),
        format!("delete from sessions where account_id = '{B}'"),
        "update checkout_sessions set status = 'expired' where stripe_session_id = 'cs_b'"
            .to_owned(),
    ] {
        let changed = client.execute(&statement, &[]).await.unwrap();
        assert_eq!(changed, 0, "{statement}");
    }
    // What is the daemon's to write, and an account's own rights.
    let own = "'00000000-0000-0000-0000-0000000000a4'";
    for statement in [
        format!("update instances set status = 'running' where id = {own}"),
        format!("update instances set observed_gen = 99 where id = {own}"),
        format!("update accounts set is_admin = true where id = '{A}'"),
        format!("update accounts set status = 'active' where id = '{A}'"),
        "update subscriptions set tier = 'enterprise'".to_owned(),
        "delete from instances".to_owned(),
        "update audit_logs set action = 'x'".to_owned(),
        "insert into service_keys (name, sha256, scopes) values ('mine', sha256('m'), '{provision}')".to_owned(),
        "select prov.enqueue('instance:x', null, 'reconcile-instance', 'm', 1)".to_owned(),
        "select api.seed_admin(gen_random_uuid(), 'x')".to_owned(),
        "select from prov.claim(0, 1, 1, gen_random_uuid(), '30 s', '{}')".to_owned(),
        "create table mine ()".to_owned(),
    ] {
        assert_eq!(refusal(&client, &statement).await, DENIED, "{statement}");
    }
    let secrets = client
        .query("select name from instance_secrets", &[])
        .await
        .unwrap();
    let secrets: Vec<String> = secrets.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        secrets,
        ["owner_password"],
        "no secret but the owner's first password"
    );
}

#[tokio::test]
async fn the_daemon_and_the_gateway_have_their_part_only() {
    let database = filled().await;
    let daemon = database.connect("mindroom_daemon").await;
    for statement in [
        "insert into accounts (id, email) values (gen_random_uuid(), 'x')",
        "delete from accounts",
        "delete from instances",
        "delete from audit_logs",
        "select * from service_keys",
        "select * from sessions",
        "select * from rate_limits",
        "update instance_secrets set value = 'x'",
        "insert into prov.schedule (name, kind, every) values ('x', 'x', '1 s')",
        "update prov.schedule set kind = 'x'",
        "select api.seed_admin(gen_random_uuid(), 'x')",
        "select api.receive_event('{}', '{}')",
        "create table prov.mine ()",
    ] {
        assert_eq!(refusal(&daemon, statement).await, DENIED, "{statement}");
    }
    let gateway = database.connect("mindroom_gateway").await;
    let all = tables(&database.owner().await).await;
    for table in &all {
        let select = format!("select t from {} t limit 1", table.name);
        assert_eq!(refusal(&gateway, &select).await, DENIED, "{table:?}");
        refuses_writes(&gateway, table).await;
    }
    let routes = "select subdomain, status, internal_urls from instances";
    assert_eq!(gateway.query(routes, &[]).await.unwrap().len(), 2);
    for column in ["owner_matrix_id", "account_id", "name"] {
        let select = format!("select {column} from instances");
        assert_eq!(refusal(&gateway, &select).await, DENIED, "{select}");
    }
}

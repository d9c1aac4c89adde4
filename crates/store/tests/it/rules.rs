//! Rules that every table and function keeps.

use crate::support::filled;

/// The objects that a query finds, which should be none.
async fn none(rule: &str, query: &str) {
    let owner = filled().await.owner().await;
    let rows = owner.query(query, &[]).await.unwrap();
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(found.is_empty(), "{rule}: {found:#?}");
}

#[tokio::test]
async fn every_table_has_row_level_security() {
    none(
        "tables without row level security",
        "select oid::regclass::text from pg_class
         where relnamespace::regnamespace::text in ('public', 'api', 'prov', 'auth')
           and relkind in ('r', 'p') and not relrowsecurity",
    )
    .await;
}

#[tokio::test]
async fn partitions_are_reached_through_their_table_alone() {
    none(
        "partitions with rights of their own",
        "select p.oid::regclass || ' by ' || role from pg_class p,
           unnest(array['public', 'anon', 'authenticated', 'service_role', 'mindroom_functions', 'mindroom_daemon',
             'mindroom_gateway']) role
         where relispartition and relkind in ('r', 'p')
           and has_any_column_privilege(role, p.oid, 'select, insert, update')
            or relispartition and relkind in ('r', 'p') and has_table_privilege(role, p.oid, 'delete, truncate')",
    )
    .await;
}

#[tokio::test]
async fn every_function_has_a_pinned_search_path() {
    // Where a path has names, temporary objects, which anybody can make, come last.
    none(
        "functions whose caller chooses what their names mean",
        r#"select p.oid::regprocedure::text from pg_proc p
           where p.pronamespace::regnamespace::text in ('public', 'api', 'prov')
             and not exists (select from unnest(p.proconfig) setting
               where setting in ('search_path=""', 'search_path=public, pg_temp', 'search_path=prov, pg_temp'))"#,
    )
    .await;
}

#[tokio::test]
async fn everybody_may_do_nothing() {
    none(
        "functions that PUBLIC may execute",
        "select p.oid::regprocedure::text from pg_proc p
         where p.pronamespace::regnamespace::text in ('public', 'api', 'prov')
           and has_function_privilege('public', p.oid, 'execute')",
    )
    .await;
    none(
        "schemas in which others may make objects",
        "select nspname::text || ' by ' || role from pg_namespace,
           unnest(array['public', 'anon', 'authenticated', 'service_role', 'mindroom_functions', 'mindroom_daemon',
             'mindroom_gateway']) role
         where nspname in ('public', 'api', 'prov') and has_schema_privilege(role, oid, 'create')",
    )
    .await;
    none(
        "roles of ours that are more than they should be",
        "select rolname::text from pg_roles
         where (rolname like 'mindroom%' or rolname in ('anon', 'authenticated', 'supabase_auth_admin'))
           and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit)
            or rolname like 'mindroom%' and exists (select from pg_auth_members m where m.member = pg_roles.oid)",
    )
    .await;
}

#[tokio::test]
async fn what_is_made_later_is_closed_too() {
    let database = filled().await;
    let owner = database.owner().await;
    owner
        .batch_execute(
            "create table public.later (id integer generated always as identity);
             create function public.later() returns integer language sql return 1;
             create function api.later() returns integer language sql return 1;",
        )
        .await
        .unwrap();
    let row = owner
        .query_one(
            "select string_agg(role, ', ') from unnest(array['public', 'anon', 'authenticated', 'service_role',
               'mindroom_functions', 'mindroom_daemon', 'mindroom_gateway']) role
             where has_table_privilege(role, 'public.later', 'select, insert, update, delete, truncate')
               or has_sequence_privilege(role, 'public.later_id_seq', 'usage, select, update')
               or has_function_privilege(role, 'public.later()', 'execute')
               or has_function_privilege(role, 'api.later()', 'execute')",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(row.get::<_, Option<String>>(0), None);
}

/// `docs/database.md`, "Timeouts": nobody holds a lock or an open transaction for long.
#[tokio::test]
async fn nobody_holds_the_database_up() {
    for (role, statement, lock, idle) in [
        ("mindroom_functions", "5s", "2s", "5s"),
        ("mindroom_daemon", "10s", "2s", "10s"),
    ] {
        let session = filled().await.connect(role).await;
        for (setting, expected) in [
            ("statement_timeout", statement),
            ("lock_timeout", lock),
            ("idle_in_transaction_session_timeout", idle),
        ] {
            let query = "select current_setting($1)";
            let row = session.query_one(query, &[&setting]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), expected, "{role}: {setting}");
        }
    }
}

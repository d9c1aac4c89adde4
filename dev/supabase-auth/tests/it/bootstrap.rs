//! The database's bootstrap: it may run at any time, and opens nothing to the API's roles.

use tokio_postgres::error::SqlState;

use crate::support::{Cluster, Service, sign_up, text};

#[tokio::test]
async fn runs_again_and_at_the_same_time() {
    let cluster = Cluster::start();
    let (a, b) = tokio::join!(cluster.empty_database(), cluster.empty_database());
    // A new server: the roles are made here, by whoever is first.
    for _ in 0..3 {
        let runs = tokio::join!(a.bootstrap(), b.bootstrap(), a.bootstrap(), b.bootstrap());
        for run in [runs.0, runs.1, runs.2, runs.3] {
            run.expect("bootstrap");
        }
    }
}

#[tokio::test]
async fn api_roles_see_their_claims_and_no_table() {
    let service = Service::start().await;
    let session = sign_up(&service, "ada@example.org").await;
    let client = service.database.superuser().await;
    let tables = client
        .query("select relname::text from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r'", &[])
        .await
        .expect("tables");
    assert!(tables.len() >= 6);
    for role in ["anon", "authenticated"] {
        client
            .batch_execute(&format!("set role {role}"))
            .await
            .expect("role");
        for table in &tables {
            let table: &str = table.get(0);
            let denied = client
                .query(&format!("select from auth.{table}"), &[])
                .await;
            let denied = denied.expect_err("denied");
            assert_eq!(
                denied.code().map(SqlState::code),
                Some("42501"),
                "{role} {table}"
            );
        }
        let id = text(&session, "/user/id");
        let claims = serde_json::json!({ "sub": id, "role": role }).to_string();
        let statement = "select set_config('request.jwt.claims', $1, false)";
        client
            .query_one(statement, &[&claims])
            .await
            .expect("claims");
        let row = client
            .query_one(
                "select auth.uid()::text, auth.role(), auth.jwt() ->> 'sub'",
                &[],
            )
            .await
            .expect("helpers");
        assert_eq!((row.get(0), row.get(1), row.get(2)), (id, role, id));
        client
            .batch_execute("reset request.jwt.claims")
            .await
            .expect("reset");
        let row = client
            .query_one("select auth.uid()::text", &[])
            .await
            .expect("helper");
        assert_eq!(row.get::<_, Option<&str>>(0), None);
        client.batch_execute("reset role").await.expect("reset");
    }
}

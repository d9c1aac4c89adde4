//! On Supabase a project's owner runs the migrations, who is no superuser.

use serde_json::{Value, json};
use store::native::run_migrations;
use test_postgres::{Database, Options, Server};

use crate::support::{A, bootstrapped, file, fill};

/// What Supabase gives the owner of a project, and what it lets its API's roles have of what the owner makes.
const OWNER: &str = r"
create role project_owner login createdb createrole replication bypassrls;
grant anon, authenticated, service_role to project_owner with admin option;
alter default privileges for role project_owner in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role project_owner in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges for role project_owner in schema public
  grant all on functions to anon, authenticated, service_role;";

#[tokio::test]
async fn a_projects_owner_makes_the_same_schema_and_it_works() {
    // Of its own, since roles belong to the whole server: here the owner makes them.
    let server = Server::start(Options::default());
    let database = project(&server).await;
    let mut owner = database.connect("project_owner").await;
    run_migrations(&mut owner).await.unwrap();

    let (usual, mut superuser) = bootstrapped().await;
    run_migrations(&mut superuser).await.unwrap();
    assert_eq!(without_owners(&database), without_owners(&usual));

    fill(&owner, i32::MAX).await;
    let functions = database.connect("mindroom_functions").await;
    let caller = json!({"sub": A, "email": "ann@example.com", "group": "write", "limit": 60,
        "operation": "POST /my/sso-cookie", "address": "192.0.2.7", "request_id": "r1"});
    let (create, cookie) = ("select api.create_session($1, $2)", "0".repeat(64));
    let row = functions.query_one(create, &[&caller, &cookie]).await;
    let answer: Value = row.unwrap().get(0);
    assert!(answer["refusal"].is_null(), "{answer}");
    let audited = "select count(*) from audit_logs where request_id = 'r1'";
    let row = owner.query_one(audited, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

async fn project(server: &Server) -> Database {
    let database = server.database().await;
    let supabase = database.owner().await;
    let bootstrap = std::fs::read_to_string(file("bootstrap/supabase.sql")).unwrap();
    supabase.batch_execute(&bootstrap).await.unwrap();
    supabase.batch_execute(OWNER).await.unwrap();
    let give = format!("alter database {} owner to project_owner", database.name());
    supabase.batch_execute(&give).await.unwrap();
    database
}

fn without_owners(database: &Database) -> String {
    let schema = database.schema();
    let is_about_owners = |line: &&str| {
        line.is_empty()
            || line.starts_with("--")
            || line.contains(" OWNER TO ")
            || line.starts_with("ALTER DEFAULT PRIVILEGES")
    };
    let lines = schema.lines().filter(|line| !is_about_owners(line));
    lines.collect::<Vec<_>>().join("\n")
}

//! Instances' databases, on a server of their own.

use store::daemon::instance_databases::{Server as Databases, name};
use test_postgres::{Database, Options, Server};
use tokio_postgres::NoTls;
use uuid::Uuid;

async fn can_connect(database: &Database, role: &str) -> bool {
    tokio_postgres::connect(&database.url(role), NoTls)
        .await
        .is_ok()
}

#[tokio::test]
async fn instances_that_ask_at_once_get_each_a_database_that_nobody_else_reaches() {
    let server = Server::start(Options::default());
    let postgres = server.named("postgres");
    let owner = postgres.owner().await;
    owner
        .batch_execute("create role instance_admin login createdb createrole")
        .await
        .unwrap();
    let databases = Databases::new(&postgres.url("instance_admin")).unwrap();
    databases.stock(3).await.unwrap();
    let spares = "select datname::text from pg_database where datname like 'spare%'";
    let lie_ready = owner.query(spares, &[]).await.unwrap();
    assert_eq!(lie_ready.len(), 3);
    let spare = server.named(lie_ready[0].get(0));
    assert!(!can_connect(&spare, "postgres").await);

    // more than lie ready
    let instances: Vec<Uuid> = (1..=6).map(Uuid::from_u128).collect();
    let asked = instances.iter().map(|id| databases.ensure(*id, "abc"));
    for done in futures::future::join_all(asked).await {
        done.unwrap();
    }
    // and once more, which changes nothing
    databases.ensure(instances[0], "abc").await.unwrap();
    assert_eq!(owner.query(spares, &[]).await.unwrap().len(), 0);
    for one in &instances {
        let database = server.named(&name(*one));
        let role = database.connect(&name(*one)).await;
        role.batch_execute("create table mine (n int)")
            .await
            .unwrap();
        let is_plain = "select datcollate = 'C' and datctype = 'C' and pg_encoding_to_char(encoding) = 'UTF8' \
                        from pg_database where datname = current_database()";
        assert!(
            role.query_one(is_plain, &[])
                .await
                .unwrap()
                .get::<_, bool>(0)
        );
        for other in instances.iter().filter(|other| *other != one) {
            assert!(!can_connect(&database, &name(*other)).await);
        }
    }
    databases.remove(instances[0]).await.unwrap();
    assert!(!can_connect(&server.named(&name(instances[0])), "postgres").await);
}

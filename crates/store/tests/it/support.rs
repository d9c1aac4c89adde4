//! Databases at a version, with rows, and the migrations as files.

use std::path::{Path, PathBuf};

use refinery::{Migration, Runner, Target};
use store::native::prepare_database;
use test_postgres::{Database, Server};
use tokio::sync::OnceCell;
use tokio_postgres::Client;

/// An account that the rows give something in every table.
pub(crate) const A: &str = "00000000-0000-0000-0000-0000000000a1";
/// Another one.
pub(crate) const B: &str = "00000000-0000-0000-0000-0000000000b1";

/// A file or folder of this package.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The migrations in order.
pub(crate) fn migrations() -> Vec<Migration> {
    let mut all = refinery::load_sql_migrations(file("migrations")).unwrap();
    all.sort();
    all
}

/// What Supabase would have made, and nothing of ours.
pub(crate) async fn bootstrapped() -> (Database, Client) {
    let database = Server::shared().database().await;
    let owner = database.owner().await;
    let bootstrap = std::fs::read_to_string(file("bootstrap/supabase.sql")).unwrap();
    owner.batch_execute(&bootstrap).await.unwrap();
    (database, owner)
}

/// Migrates up to a version.
pub(crate) async fn migrate_to(owner: &mut Client, version: i32) {
    let runner = Runner::new(&migrations()).set_target(Target::Version(version));
    runner.run_async(owner).await.unwrap();
}

/// Fills a database at a version: the rows of every version so far.
pub(crate) async fn fill(owner: &Client, version: i32) {
    for migration in migrations()
        .iter()
        .filter(|migration| migration.version() <= version)
    {
        let rows = file(&format!("tests/it/rows/V{}.sql", migration.version()));
        if rows.exists() {
            let rows = std::fs::read_to_string(rows).unwrap();
            let filled = owner.batch_execute(&rows).await;
            filled.unwrap_or_else(|error| panic!("rows of {migration}: {error:?}"));
        }
    }
}

/// A database of the present schema with rows.
pub(crate) async fn filled() -> Database {
    static TEMPLATE: OnceCell<Database> = OnceCell::const_new();
    let template = TEMPLATE
        .get_or_init(async || {
            let database = Server::shared().database().await;
            prepare_database(&database.owner_url()).await.unwrap();
            fill(&database.owner().await, i32::MAX).await;
            database
        })
        .await;
    Server::shared().copy_of(template.name()).await
}

/// A table of the platform.
#[derive(Debug)]
pub(crate) struct Table {
    /// With its schema.
    pub(crate) name: String,
    /// One of its columns.
    pub(crate) column: String,
}

/// Every table of the platform; partitions are part of theirs.
pub(crate) async fn tables(owner: &Client) -> Vec<Table> {
    let rows = owner
        .query(
            "select relnamespace::regnamespace || '.' || relname, attname::text
             from pg_class join pg_attribute on attrelid = pg_class.oid and attnum = 1
             where relnamespace::regnamespace::text in ('public', 'api', 'prov')
               and relkind in ('r', 'p') and not relispartition and relname <> 'refinery_schema_history'
             order by 1",
            &[],
        )
        .await
        .unwrap();
    let table = |row: &tokio_postgres::Row| Table {
        name: row.get(0),
        column: row.get(1),
    };
    rows.iter().map(table).collect()
}

/// The SQLSTATE with which a statement is refused; empty when it is not.
pub(crate) async fn refusal(client: &Client, statement: &str) -> String {
    match client.batch_execute(statement).await {
        Ok(()) => String::new(),
        Err(error) => error
            .code()
            .map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    }
}

//! From every earlier version, with rows; killed in between; by two at once; changed afterwards.

use std::collections::BTreeMap;

use refinery::{Migration, Runner};
use serde_json::{Map, Value};
use store::native::{MigrateError, prepare_database, run_migrations};
use test_postgres::Server;
use tokio_postgres::Client;

use crate::support::{bootstrapped, file, fill, migrate_to, migrations, refusal, tables};

type Rows = BTreeMap<String, Vec<Map<String, Value>>>;

#[tokio::test]
async fn rows_of_every_earlier_version_survive() {
    let all = migrations();
    for (migration, is_last) in all
        .iter()
        .zip(1..)
        .map(|(m, place)| (m, place == all.len()))
    {
        let version = migration.version();
        let (database, mut owner) = bootstrapped().await;
        migrate_to(&mut owner, version).await;
        fill(&owner, version).await;
        let before = rows(&owner).await;
        for (table, rows) in &before {
            assert!(
                !rows.is_empty(),
                "V{version}: tests/it/rows has none of {table}"
            );
        }

        prepare_database(&database.owner_url()).await.unwrap();
        assert_eq!(applied(&owner).await, all.len());
        let after = rows(&owner).await;
        for (table, rows) in &before {
            for row in rows {
                let kept = after[table].iter().any(|new| contains(new, row));
                assert!(
                    kept,
                    "V{version}: {table} lost {row:?}; has {:#?}",
                    after[table]
                );
            }
            let added = after[table].iter().filter(|row| is_of_a_migration(row));
            let added = added.filter(|row| !before[table].contains(row)).count();
            let expected = rows.len() + added;
            assert_eq!(after[table].len(), expected, "V{version}: {table}");
        }
        constraints_hold(&owner, is_last || version >= 3).await;
    }
}

/// Whether a row comes with a migration: a clock.
fn is_of_a_migration(row: &Map<String, Value>) -> bool {
    row.get("kind")
        .is_some_and(|kind| kind == "stripe-catch-up" || kind == "measure-usage")
}

/// Every row of every table.
async fn rows(owner: &Client) -> Rows {
    let mut all = Rows::new();
    for table in tables(owner).await {
        let query = format!("select to_jsonb(t) from {} t", table.name);
        let rows = owner.query(&query, &[]).await.unwrap();
        let objects = rows.iter().map(|row| match row.get(0) {
            Value::Object(object) => object,
            other => panic!("{other}"),
        });
        all.insert(table.name, objects.collect());
    }
    all
}

/// What a later version takes away: a job's priority, which was the same for all (V40).
const TAKEN_AWAY: &[&str] = &["priority"];

/// A later version may add columns, not change what is there; but when a chore was done last, where it did it.
fn contains(new: &Map<String, Value>, old: &Map<String, Value>) -> bool {
    let is_free = |name: &str| name == "ran_at" || TAKEN_AWAY.contains(&name);
    old.iter()
        .all(|(name, value)| is_free(name) || new.get(name) == Some(value))
}

async fn applied(owner: &Client) -> usize {
    let count = "select count(*) from refinery_schema_history";
    let row = owner.query_one(count, &[]).await.unwrap();
    usize::try_from(row.get::<_, i64>(0)).unwrap()
}

/// What the tables refuse, tried on the rows that came through. `has_jobs`: rows of V3 are there.
async fn constraints_hold(owner: &Client, has_jobs: bool) {
    let account = "'00000000-0000-0000-0000-0000000000a1'";
    let instance = "'00000000-0000-0000-0000-0000000000a4'";
    let foreign = "'00000000-0000-0000-0000-0000000000b2'";
    let (check, unique, foreign_key) = ("23514", "23505", "23503");
    let mut refused = vec![
        (check, format!("update accounts set status = 'asleep' where id = {account}")),
        (check, format!("update instances set status = 'booting' where id = {instance}")),
        (check, format!("update instances set subdomain = '-x' where id = {instance}")),
        (check, "update subscriptions set tier = 'gold'".to_owned()),
        (unique, "update accounts set stripe_customer_id = 'cus_a'".to_owned()),
        (unique, "update instances set subdomain = 'acme'".to_owned()),
        (
            unique,
            "insert into subscriptions (account_id, tier, status, max_agents, max_messages_per_day, max_storage_gb)
             values ('00000000-0000-0000-0000-0000000000b1', 'free', 'active', 1, 1, 1)"
                .to_owned(),
        ),
        // a child row that points across accounts
        (foreign_key, format!("update instances set subscription_id = {foreign} where id = {instance}")),
        (
            foreign_key,
            format!("insert into instance_events (account_id, instance, kind, name)
               values ('00000000-0000-0000-0000-0000000000b1', {instance}, 'wish', 'start')"),
        ),
        // the audit log outlives what it is about; payments do, without it: see departures.rs
        ("P0001", "update audit_logs set action = 'x'".to_owned()),
        ("P0001", "delete from audit_logs".to_owned()),
    ];
    if has_jobs {
        refused.extend([
            (check, "update prov.jobs set state = 'asleep'".to_owned()),
            (
                unique,
                "update prov.jobs set state = 'running', lane = 'one'".to_owned(),
            ),
            (
                check,
                "update prov.job_history set outcome = 'lost'".to_owned(),
            ),
        ]);
    }
    for (sqlstate, statement) in refused {
        let refused = refusal(owner, &statement).await;
        assert_eq!(refused, sqlstate, "{statement}");
    }
    let unchecked = "select count(*) from pg_constraint where not convalidated";
    let row = owner.query_one(unchecked, &[]).await.unwrap();
    assert_eq!(
        row.get::<_, i64>(0),
        0,
        "constraints that old rows were not checked for"
    );
}

/// Ends the session that runs a migration after so many of its commands, as a killed program or a lost
/// connection does. The commands are counted by a sequence, which no rollback turns back.
const KILLER: &str = r"
create schema killer;
create sequence killer.commands;
create table killer.after (commands bigint);
insert into killer.after values (null);
create function killer.kill() returns event_trigger language plpgsql as $$
begin
  if nextval('killer.commands') = (select commands from killer.after) then
    perform pg_terminate_backend(pg_backend_pid());
  end if;
end $$;
create event trigger killer on ddl_command_end execute function killer.kill();";

#[tokio::test]
async fn a_migration_killed_half_way_is_done_again_whole() {
    let all = migrations();
    let (database, owner) = bootstrapped().await;
    let (whole, _owner) = bootstrapped().await;
    prepare_database(&whole.owner_url()).await.unwrap();
    owner.batch_execute(KILLER).await.unwrap();

    for (done, migration) in all.iter().enumerate() {
        let half = commands(migration).div_ceil(2);
        let set = format!(
            "select setval('killer.commands', 1, false); update killer.after set commands = {half}"
        );
        owner.batch_execute(&set).await.unwrap();
        let mut victim = database.owner().await;
        let killed = run_migrations(&mut victim).await;
        let killed =
            killed.expect_err(&format!("{migration} was not killed after {half} commands"));
        assert!(matches!(killed, MigrateError::Migrations(_)), "{killed:?}");
        assert_eq!(applied(&owner).await, done, "{migration} is there half");
        // the next run does this one, and is killed in the one after it
        let mut next = database.owner().await;
        owner
            .batch_execute("update killer.after set commands = null")
            .await
            .unwrap();
        migrate_to(&mut next, migration.version()).await;
    }
    owner
        .batch_execute("drop event trigger killer; drop schema killer cascade")
        .await
        .unwrap();
    prepare_database(&database.owner_url()).await.unwrap();
    assert_eq!(database.schema(), whole.schema());
}

/// How many commands of a migration the event trigger sees, at least.
fn commands(migration: &Migration) -> usize {
    let text = file(&format!("migrations/{migration}.sql"));
    let text = std::fs::read_to_string(text).unwrap();
    let begins = |line: &&str| {
        [
            "create table",
            "create function",
            "create or replace function",
            "create index",
            "alter table",
            "create policy",
            "revoke all",
        ]
        .iter()
        .any(|word| line.starts_with(word))
    };
    text.lines().filter(begins).count()
}

#[tokio::test]
async fn several_at_once_make_one_schema() {
    let database = Server::shared().database().await;
    let url = database.owner_url();
    let runs = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { prepare_database(&url).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap().unwrap();
    }
    let owner = database.owner().await;
    assert_eq!(applied(&owner).await, migrations().len());
}

#[tokio::test]
async fn a_migration_that_changed_after_it_was_applied_is_refused() {
    let (database, mut owner) = bootstrapped().await;
    let changed: Vec<Migration> = migrations()
        .iter()
        .map(|migration| {
            let text =
                std::fs::read_to_string(file(&format!("migrations/{migration}.sql"))).unwrap();
            let more = if migration.version() == 3 {
                "\n-- more"
            } else {
                ""
            };
            Migration::unapplied(&migration.to_string(), &format!("{text}{more}")).unwrap()
        })
        .collect();
    Runner::new(&changed).run_async(&mut owner).await.unwrap();
    let before = database.schema();
    // twice: the first refusal does not leave the lock behind
    for _ in 0..2 {
        let mut next = database.owner().await;
        let refused = run_migrations(&mut next).await.unwrap_err();
        let MigrateError::Migrations(cause) = &refused else {
            panic!("{refused:?}");
        };
        assert!(cause.to_string().contains("V3__jobs"), "{cause}");
    }
    assert_eq!(database.schema(), before);
}

//! Clocks: moved on and enqueued at once, by one of many, however late.

use std::collections::BTreeSet;

use test_postgres::Database;
use tokio_postgres::Client;

use crate::support::{filled, refusal};

/// A database whose only clocks are these.
async fn with_clocks(rows: &str) -> (Database, Client) {
    let database = filled().await;
    let owner = database.owner().await;
    let make = format!(
        "delete from prov.schedule; delete from prov.jobs;
         insert into prov.schedule (name, kind, every, next_at) values {rows}"
    );
    owner.batch_execute(&make).await.unwrap();
    (database, owner)
}

async fn run_due(daemon: &Client) -> Vec<String> {
    let run = "select name from prov.run_due(100) order by 1";
    let rows = daemon.query(run, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn ask(client: &Client, query: &str) -> bool {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn what_is_due_is_enqueued_once_and_missed_ticks_are_one() {
    let (database, owner) = with_clocks(
        "('late', 'sweep', '1 minute', now() - interval '3 days 20 seconds'),
         ('now', 'sweep', '1 hour', now()),
         ('paused', 'sweep', '1 hour', 'infinity'),
         ('later', 'sweep', '1 hour', now() + interval '1 minute')",
    )
    .await;
    let daemon = database.connect("mindroom_daemon").await;
    assert_eq!(run_due(&daemon).await, ["late", "now"]);
    assert!(run_due(&daemon).await.is_empty(), "none is due twice");
    let jobs = "select array_agg(lane order by lane) = '{schedule:late,schedule:now}'::text[]
        and bool_and(kind = 'sweep' and class = 2 and state = 'queued') from prov.jobs";
    assert!(ask(&owner, jobs).await);
    // in phase: the late one's ticks stay 20 s before the full minute of its start
    let phase = "select next_at - now() > '39 seconds' and next_at - now() <= '40 seconds'
        from prov.schedule where name = 'late'";
    let phase = phase.replace("now()", "last_at");
    assert!(ask(&owner, &phase).await);
    let hour = "select next_at - last_at between '59 minutes 59 seconds' and '1 hour'
        from prov.schedule where name = 'now'";
    assert!(ask(&owner, hour).await);
}

#[tokio::test]
async fn a_tick_joins_the_job_that_still_waits() {
    let (database, owner) = with_clocks("('slow', 'sweep', '1 minute', now())").await;
    let daemon = database.connect("mindroom_daemon").await;
    for _ in 0..3 {
        assert_eq!(run_due(&daemon).await, ["slow"]);
        owner
            .batch_execute("update prov.schedule set next_at = now()")
            .await
            .unwrap();
    }
    assert!(ask(&owner, "select count(*) = 1 from prov.jobs").await);
}

#[tokio::test]
async fn many_daemons_run_each_tick_once() {
    let rows: Vec<String> = (0..50)
        .map(|n| format!("('clock-{n}', 'sweep', '1 hour', now())"))
        .collect();
    let (database, owner) = with_clocks(&rows.join(", ")).await;
    let daemons = (0..8).map(|_| {
        let database = database.clone();
        tokio::spawn(async move {
            let daemon = database.connect("mindroom_daemon").await;
            let mut mine = Vec::new();
            for _ in 0..20 {
                let run = "select name from prov.run_due(3)";
                let rows = daemon.query(run, &[]).await.unwrap();
                mine.extend(rows.iter().map(|row| row.get::<_, String>(0)));
            }
            mine
        })
    });
    let mut all = Vec::new();
    for daemon in daemons.collect::<Vec<_>>() {
        all.extend(daemon.await.unwrap());
    }
    assert_eq!(all.len(), 50, "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 50);
    assert!(ask(&owner, "select count(*) = 50 from prov.jobs").await);
}

#[tokio::test]
async fn a_daemon_that_dies_in_the_middle_leaves_the_tick_to_another() {
    let (database, owner) = with_clocks("('tick', 'sweep', '1 hour', now())").await;
    let dying = database.connect("mindroom_daemon").await;
    dying.batch_execute("begin").await.unwrap();
    assert_eq!(run_due(&dying).await, ["tick"]);
    let other = database.connect("mindroom_daemon").await;
    assert!(
        run_due(&other).await.is_empty(),
        "it is not waited for either"
    );
    let kill = "select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where usename = 'mindroom_daemon' and state = 'idle in transaction' and datname = current_database()";
    assert!(ask(&owner, kill).await);
    assert!(
        ask(&owner, "select count(*) = 0 from prov.jobs").await,
        "neither moved nor enqueued"
    );
    assert_eq!(run_due(&other).await, ["tick"]);
}

#[tokio::test]
async fn clocks_that_cannot_tick_are_refused() {
    let owner = filled().await.owner().await;
    for row in [
        "('x', 'sweep', '0 seconds')",
        "('x', 'sweep', '-1 hour')",
        "('x', 'sweep', '1 month')",
        "('x', 'sweep', '1 year 1 hour')",
        "('X y', 'sweep', '1 hour')",
    ] {
        let insert = format!("insert into prov.schedule (name, kind, every) values {row}");
        assert_eq!(refusal(&owner, &insert).await, "23514", "{row}");
    }
}

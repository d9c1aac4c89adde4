//! What a claim reads of the queue.

use test_postgres::Database;
use tokio_postgres::Client;

use crate::support::filled;

/// What one claim of twenty reads of the queue, of which twenty thousand wait: rows and pages.
async fn reads(owner: &Client, database: &Database) -> (i64, i64) {
    owner
        .batch_execute(
            "insert into prov.jobs (lane, kind, merge_key, want_gen, tenant)
             select 'lane' || n, 'noop', 'm', 1, case when n % 2 = 0 then gen_random_uuid() end
             from generate_series(1, 20000) n",
        )
        .await
        .unwrap();
    let mut daemon = database.connect("mindroom_daemon").await;
    let transaction = daemon.transaction().await.unwrap();
    let claim = "select id from prov.claim(0, 20, 5, gen_random_uuid(), '30 s', array['noop'])";
    let claimed = transaction.query(claim, &[]).await.unwrap();
    assert_eq!(claimed.len(), 20);
    let rows = "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables \
                where relid = 'prov.jobs'::regclass";
    let rows = transaction.query_one(rows, &[]).await.unwrap().get(0);
    transaction.rollback().await.unwrap();
    let explain = format!("explain (analyze, buffers, format json) {claim}");
    let explained: serde_json::Value = daemon.query_one(&explain, &[]).await.unwrap().get(0);
    let plan = &explained[0]["Plan"];
    let pages = |name: &str| plan[name].as_i64().unwrap();
    (
        rows,
        pages("Shared Hit Blocks") + pages("Shared Read Blocks"),
    )
}

/// The queue is empty one moment and long the next, so its statistics are always of another queue.
#[tokio::test]
async fn a_claim_reads_little_whatever_the_statistics_say() {
    for before in [
        "select",
        "insert into prov.jobs (lane, kind, merge_key, want_gen, state, fence)
           select 'was' || n, 'noop', 'm', 1, 'running', n from generate_series(1, 5000) n",
        "insert into prov.jobs (lane, kind, merge_key, want_gen, state)
           select 'was' || n, 'noop', 'm', 1, 'dead' from generate_series(1, 5000) n",
        "insert into prov.jobs (lane, kind, merge_key, want_gen, run_at)
           select 'was' || n, 'noop', 'm', 1, now() + interval '1 year' from generate_series(1, 5000) n",
        "insert into prov.jobs (lane, kind, merge_key, want_gen, class)
           select 'was' || n, 'noop', 'm', 1, 1 from generate_series(1, 5000) n",
    ] {
        let database = filled().await;
        let owner = database.owner().await;
        owner
            .batch_execute(&format!(
                "alter table prov.jobs set (autovacuum_enabled = off); delete from prov.jobs; {before};
                 analyze prov.jobs; delete from prov.jobs"
            ))
            .await
            .unwrap();
        let (rows, pages) = reads(&owner, &database).await;
        // A claim looks at eight times what it asks for, and at as many accounts. All of the queue are 20,000 rows; all
        // of an index a hundred pages, of which none is walked for each row.
        assert!(rows < 1_000 && pages < 4_000, "{rows} rows, {pages} pages after {before}");
    }
}

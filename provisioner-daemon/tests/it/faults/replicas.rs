//! Several daemons on one queue, also of different versions; and a queue under load.

use std::time::Duration;

use store::daemon::chores;
use uuid::Uuid;

use crate::invariants;
use crate::made_up::{DONE, MadeUp, quick, start, wait_until, world_with_a_job};
use crate::world::{ACCOUNT, World};

/// Nobody rings: the poll finds the job.
#[tokio::test]
async fn fault_05_the_doorbell_is_never_rung() {
    let world = World::new().await;
    let runner = start(&world, MadeUp::done(), quick());
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    world.enqueue("l", None, "k", 1).await;
    world.until(DONE).await;
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// What is rolled back was never there.
#[tokio::test]
async fn fault_06_the_enqueueing_transaction_rolls_back() {
    let world = World::new().await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    world
        .run(&format!(
            "begin; update instances set desired_gen = 2; select prov.enqueue_instance('{instance}'); \
             select prov.ring(0); rollback"
        ))
        .await;
    let is_nothing: bool = world
        .ask("select desired_gen = 1 and not exists (select 1 from prov.jobs) from instances")
        .await;
    assert!(is_nothing);
}

/// An open snapshot keeps dead rows: the queue goes on, its depth stays bounded, and a figure tells.
#[tokio::test]
async fn fault_21_a_snapshot_is_held_open() {
    let world = World::new().await;
    let reader = world.connect_as("postgres").await;
    reader
        .batch_execute("begin isolation level repeatable read; select count(*) from prov.jobs")
        .await
        .unwrap();
    let settings = provisioner_daemon::runner::Settings {
        slots: vec![16],
        ..quick()
    };
    let runner = start(&world, MadeUp::done(), settings);
    for round in 1..=5 {
        world
            .run("select prov.enqueue('l' || n, null, 'k', 'm', 1) from generate_series(1, 200) n; select prov.ring(0)")
            .await;
        world
            .until(&format!(
                "select count(*) = {} from prov.job_history",
                round * 200
            ))
            .await;
        let depth: i64 = world.ask("select count(*) from prov.jobs").await;
        assert_eq!(depth, 0);
    }
    let figures = chores::figures(&world.db, Duration::ZERO).await.unwrap();
    assert!(figures.oldest_transaction_s > 0.0);
    reader.batch_execute("commit").await.unwrap();
    runner.drain().await;
    world.run("vacuum prov.jobs").await;
    invariants::check_queue(&world).await;
}

/// Three replicas start together, on one lane and on many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_23_replicas_storm_the_queue() {
    let world = World::new().await;
    world
        .run(
            "select prov.enqueue('one', null, 'k', 'm' || n, 1) from generate_series(1, 30) n; \
             select prov.enqueue('l' || n, null, 'k', 'm', 1) from generate_series(1, 90) n",
        )
        .await;
    let jobs: Vec<MadeUp> = (0..3).map(|_| MadeUp::done()).collect();
    let runs: Vec<_> = jobs.iter().map(MadeUp::runs).collect();
    let runners: Vec<_> = jobs
        .into_iter()
        .map(|job| start(&world, job, quick()))
        .collect();
    world
        .until("select count(*) = 120 from prov.job_history where outcome = 'done'")
        .await;
    let all: u32 = runs.iter().map(crate::made_up::Runs::count).sum();
    assert_eq!(all, 120, "each once");
    for runner in runners {
        runner.drain().await;
    }
    invariants::check_queue(&world).await;
}

/// A newer daemon's job waits for it; a schema that is too new stops the older one.
#[tokio::test]
async fn fault_24_daemons_of_two_versions() {
    let world = world_with_a_job().await;
    world.enqueue("m", None, "of-tomorrow", 1).await;
    let runner = start(&world, MadeUp::done(), quick());
    world.until(DONE).await;
    let waits: bool = world
        .ask("select state = 'queued' and attempt = 0 from prov.jobs where kind = 'of-tomorrow'")
        .await;
    assert!(waits);
    world
        .run("create or replace function prov.oldest_protocol() returns integer language sql as 'select 1000'")
        .await;
    wait_until(|| runner.pulse().not_ready() == Some("the database needs a newer daemon")).await;
    world.enqueue("n", None, "k", 1).await;
    // The daemon of tomorrow takes both.
    let claimed = world.claim(9, &["k", "of-tomorrow"]).await;
    assert_eq!(claimed.len(), 2);
    runner.drain().await;
}

/// What the first daemon sends still means the same.
#[tokio::test]
async fn fault_24_an_older_daemon_on_the_present_schema() {
    let world = World::new().await;
    let old = world.connect_as("mindroom_daemon").await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    for statement in [
        "select id, fence, lane, kind, payload, want_gen, attempt, max_attempts, claimed_at, run_at \
         from prov.claim(0, 1, 5, gen_random_uuid(), '30 s', '{k}')",
        "select id, cancel from prov.heartbeat('{1}', '{1}', '30 s')",
        "select prov.finish(1, 1, 'done', null)",
        "select prov.requeue(1, 1, '1 s', true, null)",
        "select prov.bury(1, 1, '{}')",
        "select id, outcome from prov.sweep(100)",
        "select prov.abandon(gen_random_uuid())",
        "select instances, events from prov.enqueue_lost()",
        "select class, state, jobs, oldest_s from prov.depth()",
        "select prov.ring(0)",
    ] {
        old.batch_execute(statement).await.unwrap();
    }
    let enqueue = format!("select prov.enqueue_instance('{instance}', '1 s')");
    old.batch_execute(&enqueue).await.unwrap();
}

/// One account's five thousand jobs let the others' through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_40_one_account_floods_the_queue() {
    let world = World::new().await;
    let (flood, other) = (Uuid::from_u128(7), "lpad(n::text, 32, '0')::uuid");
    world
        .run(&format!(
            "select prov.enqueue('flood' || n, '{flood}', 'k', 'm', 1) from generate_series(1, 5000) n; \
             select prov.enqueue('other' || n, {other}, 'k', 'm', 1) from generate_series(100, 199) n"
        ))
        .await;
    let runner = start(&world, MadeUp::done(), quick());
    world
        .until("select count(*) = 100 from prov.job_history where lane like 'other%'")
        .await;
    let flooded: i64 = world
        .ask("select count(*) from prov.job_history where lane like 'flood%'")
        .await;
    // Half the slots are the others', so about as many of the flood are done as of them.
    assert!(flooded < 500, "{flooded} of the flood came before them");
    runner.drain().await;
    invariants::check_queue(&world).await;
}

//! Several daemons on one queue, and a queue under load.

use std::time::Duration;

use store::daemon::chores;
use uuid::Uuid;

use crate::invariants;
use crate::made_up::{DONE, MadeUp, quick, start, wait_until};
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
        .run("update instances set status = 'running', observed_gen = desired_gen, status_deadline = null")
        .await;
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
    invariants::check_queue(&world).await;
}

/// An open snapshot keeps dead rows: the queue keeps up all the same, figures tell, and a vacuum clears up once it is
/// closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_21_a_snapshot_is_held_open() {
    let world = World::new().await;
    let reader = world.hold_snapshot().await;
    leave_dead_rows(&world).await;
    let settings = provisioner_daemon::runner::Settings {
        slots: vec![16],
        ..quick()
    };
    let runner = start(&world, MadeUp::done(), settings);
    let deepest = deepest_under_load(&world).await;
    assert!(deepest < 3 * A_SECOND, "{deepest} waited");
    let all = format!("select count(*) = {} from prov.job_history", BEATS * A_BEAT);
    world.until(&all).await;

    let kept = left_by_a_vacuum(&world).await;
    assert!(kept >= DEAD);
    let figures = chores::figures(&world.db, Duration::ZERO).await.unwrap();
    assert!(figures.oldest_transaction_s > 5.0);
    assert!(figures.dead_tuples >= DEAD);
    reader.batch_execute("commit").await.unwrap();
    runner.drain().await;
    let left = left_by_a_vacuum(&world).await;
    assert!(left < kept / 4, "{left} of {kept} stay");
    invariants::check_queue(&world).await;
}

/// Dead rows to begin with, as many as some minutes leave.
const DEAD: i64 = 5000;
/// Ten seconds of load: a runner that does not keep up lets most of it wait.
const BEATS: i64 = 100;
const BEAT: Duration = Duration::from_millis(100);
/// Jobs of a beat and of a second.
const A_BEAT: i64 = 10;
const A_SECOND: i64 = 10 * A_BEAT;

async fn leave_dead_rows(world: &World) {
    world
        .run(&format!(
            "select prov.enqueue('d' || n, null, 'dead', 'm', 1) from generate_series(1, {DEAD}) n"
        ))
        .await;
    world.run("delete from prov.jobs").await;
}

/// Enqueues at a steady pace; answers the greatest depth on the way.
async fn deepest_under_load(world: &World) -> i64 {
    let mut pace = tokio::time::interval(BEAT);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut deepest = 0;
    for beat in 0..BEATS {
        pace.tick().await;
        world
            .run(&format!(
                "select prov.enqueue('{beat}:' || n, null, 'k', 'm', 1) from generate_series(1, {A_BEAT}) n; \
                 select prov.ring(0)"
            ))
            .await;
        deepest = deepest.max(world.ask("select count(*) from prov.jobs").await);
    }
    deepest
}

/// Dead rows of the queue that a vacuum has to leave.
async fn left_by_a_vacuum(world: &World) -> i64 {
    world.run("vacuum prov.jobs").await;
    world
        .ask("select pg_stat_get_dead_tuples('prov.jobs'::regclass)")
        .await
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

/// One account's five thousand jobs let the others' through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_40_one_account_floods_the_queue() {
    let idle = World::new().await;
    let usual = wait_of_the_others(&idle).await;
    let world = World::new().await;
    let flood = Uuid::from_u128(7);
    world
        .run(&format!(
            "select prov.enqueue('flood' || n, '{flood}', 'k', 'm', 1) from generate_series(1, 5000) n"
        ))
        .await;
    let wait = wait_of_the_others(&world).await;
    assert!(
        wait < 5.0 * usual + 0.5,
        "{wait} s instead of {usual} s without the flood"
    );
    let flooded: i64 = world
        .ask("select count(*) from prov.job_history where lane like 'flood%'")
        .await;
    // Half the slots are the others', so about as many of the flood are done as of them.
    assert!(flooded < 500, "{flooded} of the flood came before them");
    invariants::check_queue(&world).await;
}

/// One job of each of a hundred others; answers how long, in seconds, almost all of them waited at most.
async fn wait_of_the_others(world: &World) -> f64 {
    let tenant = "lpad(n::text, 32, '0')::uuid";
    world
        .run(&format!(
            "select prov.enqueue('other' || n, {tenant}, 'k', 'm', 1) from generate_series(100, 199) n"
        ))
        .await;
    let runner = start(world, MadeUp::done(), quick());
    world
        .until("select count(*) = 100 from prov.job_history where lane like 'other%'")
        .await;
    runner.drain().await;
    world
        .ask(
            "select percentile_cont(0.99) within group (order by extract(epoch from claimed_at - created_at)::float8) \
             from prov.job_history where lane like 'other%'",
        )
        .await
}

//! The runner with a made-up job.

use std::time::Duration;

use provisioner_daemon::runner::{JobError, Outcome, Settings};

use crate::made_up::{DONE, MadeUp, oops, quick, running, start, wait_until, world_with_a_job};
use crate::world::World;

#[tokio::test]
async fn a_transient_error_is_tried_again_and_counts() {
    let world = world_with_a_job().await;
    let job = MadeUp::new(|run| {
        if run < 3 {
            Err(oops())
        } else {
            Ok(Outcome::Done)
        }
    });
    let runs = job.runs();
    let runner = start(&world, job, quick());
    world.until(DONE).await;
    runner.drain().await;
    assert_eq!(runs.count(), 3);
    let attempt: i32 = world.ask("select attempt from prov.job_history").await;
    assert_eq!(attempt, 3);
}

#[tokio::test]
async fn waiting_costs_no_attempt_and_ends_without_a_poll() {
    let world = World::new().await;
    let job = MadeUp::new(|run| match run {
        1..=5 => Err(JobError::Waiting(Duration::from_millis(50))),
        _ => Ok(Outcome::Done),
    });
    // Only the doorbell and the snooze's own bell can end it before the test's patience is over.
    let settings = Settings {
        poll: Duration::from_mins(10),
        ..quick()
    };
    let runner = start(&world, job, settings);
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    world.enqueue("l", None, "k", 1).await;
    world.run("select prov.ring(0)").await;
    world.until(DONE).await;
    runner.drain().await;
    let attempt: i32 = world.ask("select attempt from prov.job_history").await;
    assert_eq!(attempt, 1);
}

#[tokio::test]
async fn a_permanent_error_blocks_and_a_malformed_payload_is_buried() {
    let world = world_with_a_job().await;
    let never = || JobError::Permanent(std::io::Error::other("never").into());
    let runner = start(&world, MadeUp::new(move |_| Err(never())), quick());
    world
        .until("select outcome = 'blocked' and error->>'message' = 'never' from prov.job_history")
        .await;
    runner.drain().await;

    world.enqueue("l", None, "k", 2).await;
    let what = || JobError::Malformed(std::io::Error::other("what").into());
    let job = MadeUp::new(move |_| Err(what()));
    let runs = job.runs();
    let runner = start(&world, job, quick());
    world.until("select state = 'dead' from prov.jobs").await;
    runner.drain().await;
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn attempts_end_and_the_job_is_dead() {
    let world = world_with_a_job().await;
    world.run("update prov.jobs set max_attempts = 3").await;
    let job = MadeUp::new(|_| Err(oops()));
    let runs = job.runs();
    let runner = start(&world, job, quick());
    world.until("select state = 'dead' from prov.jobs").await;
    runner.drain().await;
    assert_eq!(runs.count(), 3);
}

#[tokio::test]
async fn a_running_job_stops_when_it_is_cancelled() {
    let (world, runner) = running(MadeUp::long(), quick()).await;
    let asked: String = world.ask("select prov.cancel(id) from prov.jobs").await;
    assert_eq!(asked, "asked");
    world
        .until("select outcome = 'cancelled' from prov.job_history")
        .await;
    runner.drain().await;
}

#[tokio::test]
async fn draining_hands_work_back_at_no_cost() {
    let (world, runner) = running(MadeUp::long(), quick()).await;
    let pulse = runner.pulse();
    runner.drain().await;
    assert_eq!(pulse.not_ready(), Some("draining"));
    let is_handed_back: bool = world
        .ask("select state = 'queued' and attempt = 0 and run_at <= now() from prov.jobs")
        .await;
    assert!(is_handed_back);
    let runner = start(&world, MadeUp::done(), quick());
    world.until(DONE).await;
    runner.drain().await;
}

/// What it brings must not be left with a process that ends.
#[tokio::test]
async fn draining_waits_for_a_claim_that_is_under_way() {
    let world = World::new().await;
    let other = world.connect_as("postgres").await;
    let lock = "begin; lock table prov.jobs in access exclusive mode";
    other.batch_execute(lock).await.unwrap();
    let settings = quick();
    let classes = settings.slots.len();
    let runner = start(&world, MadeUp::long(), settings);
    let claims = "select count(*) from pg_locks join pg_stat_activity using (pid) \
                  where not granted and relation = 'prov.jobs'::regclass and query like '%prov.claim%'";
    world.until(&format!("({claims}) = {classes}")).await;
    let enqueue = "select prov.enqueue('l', null, 'k', 'm', 1)";
    other.batch_execute(enqueue).await.unwrap();
    let pulse = runner.pulse();
    let drain = tokio::spawn(runner.drain());
    wait_until(|| pulse.not_ready() == Some("draining")).await;
    other.batch_execute("commit").await.unwrap();
    drain.await.unwrap();
    let is_handed_back: bool = world
        .ask("select state = 'queued' and attempt = 0 from prov.jobs")
        .await;
    assert!(is_handed_back, "{}", world.story().await);
}

#[tokio::test]
async fn a_lost_claim_ends_the_work_and_writes_nothing() {
    let (world, runner) = running(MadeUp::long(), quick()).await;
    // Somebody else has it now.
    world
        .run(
            "update prov.jobs set fence = nextval('prov.fence_seq'), worker = gen_random_uuid(), \
             lease_until = now() + interval '1 h'",
        )
        .await;
    runner.drain().await;
    let is_untouched: bool = world
        .ask("select state = 'running' and attempt = 1 from prov.jobs")
        .await;
    assert!(is_untouched);
}

#[tokio::test]
async fn a_class_takes_no_slot_of_another() {
    let world = World::new().await;
    for number in 0..4 {
        world
            .run(&format!(
                "select prov.enqueue('bulk{number}', null, 'k', 'm', 1, p_class => 1)"
            ))
            .await;
    }
    let job = MadeUp::long();
    let runs = job.runs();
    let settings = Settings {
        slots: vec![1, 2, 1],
        ..quick()
    };
    let runner = start(&world, job, settings);
    runs.reach(2).await;
    world.enqueue("l", None, "k", 1).await;
    runs.reach(3).await;
    let running: Vec<i64> = {
        let counts =
            "select class, count(*) from prov.jobs where state = 'running' group by 1 order by 1";
        let rows = world.sql.query(counts, &[]).await.unwrap();
        rows.iter().map(|row| row.get(1)).collect()
    };
    assert_eq!(running, [1, 2], "bulk jobs keep to their two slots");
    runner.drain().await;
}

#[tokio::test]
async fn a_clock_that_is_due_has_its_job_run() {
    let world = World::new().await;
    world
        .run("insert into prov.schedule (name, kind, class, every) values ('tick', 'k', 2, '1 h')")
        .await;
    let runner = start(&world, MadeUp::done(), quick());
    world
        .until("select lane = 'schedule:tick' and outcome = 'done' from prov.job_history")
        .await;
    runner.drain().await;
    let is_moved: bool = world
        .ask(
            "select next_at > now() and last_at is not null from prov.schedule where name = 'tick'",
        )
        .await;
    assert!(is_moved);
}

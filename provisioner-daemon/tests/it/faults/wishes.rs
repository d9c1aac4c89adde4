//! Commands: malformed, too many, and changed while they are worked on.

use std::time::Duration;

use store::daemon::chores;
use uuid::Uuid;

use crate::invariants;
use crate::made_up::quick;
use crate::outside::{Obstacle, Outside};
use crate::reconcile::{self, Scene};
use crate::world::{ACCOUNT, World};

/// A payload that cannot be read makes its job dead at once; an unknown kind is left for whoever knows it.
#[tokio::test]
async fn fault_38_a_malformed_payload_and_an_unknown_kind() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(folder.path());
    let payloads = [
        r#"{"instance": 5}"#,
        r#"{"instance": "no id"}"#,
        r#"{"instance": "00000000-0000-0000-0000-000000000001", "more": 1}"#,
        "{}",
        "[]",
    ];
    for (number, payload) in payloads.iter().enumerate() {
        world
            .run(&format!(
                "select prov.enqueue('l{number}', null, 'reconcile-instance', 'm', 1, p_payload => '{payload}')"
            ))
            .await;
    }
    world.enqueue("u", None, "unknown", 1).await;
    let runner = reconcile::start(&world, &outside, quick());
    world
        .until("select count(*) = 5 from prov.jobs where state = 'dead' and attempt = 1 and crashes = 0")
        .await;
    runner.drain().await;
    let waits: bool = world
        .ask("select state = 'queued' from prov.jobs where kind = 'unknown'")
        .await;
    assert!(waits);
    // A job whose worker died is buried by the sweep as well.
    let claimed = world.claim(1, &["unknown"]).await;
    world.run("update prov.jobs set crashes = 2, kind = 'reconcile-instance', payload = '{\"instance\": 5}' where state = 'running'").await;
    world.expire_leases().await;
    let swept = chores::sweep(&world.db, 9, Duration::ZERO).await.unwrap();
    assert_eq!(swept, [(claimed[0].claim.job, "dead".to_owned())]);
    invariants::check_queue(&world).await;
}

/// Ten thousand commands for one instance: one waits, one runs, and the last one wins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_39_ten_thousand_commands_for_one_instance() {
    let scene = Scene::new().await;
    for round in 0..100 {
        scene
            .world
            .run(&format!(
                "do $$ begin for n in 1 .. 100 loop \
                   update instances set desired_gen = desired_gen + 1, restart_gen = {round}; \
                   perform prov.enqueue_instance(id) from instances; end loop; end $$; select prov.ring(0)"
            ))
            .await;
        let rows: i64 = scene.world.ask("select count(*) from prov.jobs").await;
        assert!(rows <= 2, "{rows} jobs of one instance");
    }
    scene.until("running").await;
    let is_last: bool = scene
        .world
        .ask("select observed_gen = 10001 and observed_restart_gen = 99 from instances")
        .await;
    assert!(is_last);
    scene.end().await;
}

/// Wishes flip while they are worked on: the last one is true in the end, and a delete stays.
#[tokio::test]
async fn fault_41_a_wish_that_changes_on_the_way_wins() {
    let scene = Scene::new().await;
    scene.outside.put("app", u32::MAX, Obstacle::Waits);
    scene.enqueue().await;
    scene
        .world
        .until("select exists (select 1 from instance_events where name = 'app')")
        .await;
    for state in ["stopped", "running", "stopped", "running", "deleted"] {
        scene.wish(state).await;
    }
    scene.until("deprovisioned").await;
    scene.outside.clear();
    // A job of before comes back late.
    scene.enqueue().await;
    scene.until("deprovisioned").await;
    assert!(scene.outside.place(scene.instance).parts.is_empty());
    scene.end().await;
}

/// Cancelling an instance's job, waiting or running, leaves the instance with a reason and not on its way.
#[tokio::test]
async fn a_cancelled_command_leaves_its_instance_with_a_reason() {
    let scene = Scene::new().await;
    scene.outside.put("server", u32::MAX, Obstacle::Waits);
    scene.enqueue().await;
    scene
        .world
        .until("select exists (select 1 from instance_events where name = 'server')")
        .await;
    scene
        .world
        .run("select prov.cancel(id) from prov.jobs")
        .await;
    scene.until("error").await;
    let lost = chores::enqueue_lost(&scene.world.db, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(lost.unwrap(), Some((0, 0)), "it stays cancelled");
    scene.outside.clear();
    scene.wish("running").await;
    scene.until("running").await;
    scene.end().await;
}

/// A dead job is tried again by hand, or given up.
#[tokio::test]
async fn dead_jobs_are_tried_again_or_discarded() {
    use store::daemon::operators;
    let scene = Scene::new().await;
    scene.outside.put("server", u32::MAX, Obstacle::Panics);
    scene.enqueue().await;
    let dead = "select state = 'dead' from prov.jobs";
    scene
        .world
        .run("update prov.jobs set max_attempts = 2")
        .await;
    scene.world.until(dead).await;
    let job: i64 = scene.world.ask("select id from prov.jobs").await;
    let cancelled = operators::cancel(&scene.world.db, job).await.unwrap();
    assert_eq!(cancelled, Some(operators::Cancelled::Dead));
    scene.outside.clear();
    assert!(operators::retry_dead(&scene.world.db, job).await.unwrap());
    assert!(!operators::retry_dead(&scene.world.db, job).await.unwrap());
    scene.until("running").await;

    scene.outside.put("server", u32::MAX, Obstacle::Panics);
    scene.world.wish(scene.instance, "restart_gen = 1").await;
    scene
        .world
        .run("update prov.jobs set max_attempts = 1")
        .await;
    scene.world.until(dead).await;
    let job: i64 = scene.world.ask("select id from prov.jobs").await;
    assert!(operators::discard(&scene.world.db, job).await.unwrap());
    assert!(!operators::discard(&scene.world.db, job).await.unwrap());
    scene.until("error").await;
    let kept: String = scene
        .world
        .ask("select string_agg(outcome, ' ' order by finished_at) from prov.job_failures")
        .await;
    assert_eq!(kept, "dead dead discarded");
    scene.end().await;
}

/// The request's id is the trace of its job, up to the history; `local::logs` has it in each step's log.
#[tokio::test]
async fn a_job_carries_the_trace_of_its_request() {
    let world = World::new().await;
    let request = requested_start(&world).await;
    let claimed = world.claim(1, &["reconcile-instance"]).await;
    assert_eq!(claimed[0].trace_id(), Some(request.as_str()));
    let done = store::daemon::jobs::Outcome::Done;
    let ended = store::daemon::jobs::finish(&world.db, claimed[0].claim, done, None).await;
    assert_eq!(ended.unwrap(), store::daemon::Fenced::Written);
    let kept: String = world.ask("select traceparent from prov.job_history").await;
    assert_eq!(Some(kept), claimed[0].traceparent);
}

/// An owner's request to start an instance that is stopped; answers the request's trace id.
async fn requested_start(world: &World) -> String {
    world.instance(ACCOUNT, "ann-1").await;
    world
        .run("update instances set desired_state = 'stopped', status = 'stopped', observed_gen = 1")
        .await;
    let request = Uuid::new_v4();
    let functions = world.connect_as("mindroom_functions").await;
    let call = serde_json::json!({"sub": ACCOUNT, "email": "ann@example.com", "group": "start", "limit": 100,
        "request_id": request, "operation": "start", "public_url": "http://x"});
    let number: i32 = world.ask("select instance_id from instances").await;
    let row = functions
        .query_one(
            "select api.record_wish($1, $2, 'start', null)",
            &[&call, &number],
        )
        .await
        .unwrap();
    let answer: serde_json::Value = row.get(0);
    assert_eq!(answer["data"]["job"]["state"], "queued", "{answer}");
    request.simple().to_string()
}

/// The history's partitions are made ahead and dropped when their time is over.
#[tokio::test]
async fn the_history_is_kept_short_by_dropping_partitions() {
    let world = World::new().await;
    let days = "select count(*) from pg_inherits where inhparent = 'prov.job_history'::regclass";
    let before: i64 = world.ask(days).await;
    world
        .run(
            "insert into prov.job_history (id, lane, kind, class, outcome, attempt, crashes, want_gen, created_at, \
               finished_at) \
             select n, 'l', 'k', 0, 'done', 1, 0, 1, now(), now() - make_interval(days => n) from generate_series(1, 20) n",
        )
        .await;
    let dropped = chores::rotate_history(&world.db, Duration::ZERO)
        .await
        .unwrap();
    assert!(dropped.is_some_and(|dropped| dropped >= 5), "{dropped:?}");
    let kept: bool = world
        .ask("select min(finished_at) > now() - interval '15 days' and count(*) between 13 and 15 from prov.job_history")
        .await;
    assert!(kept);
    let in_default: i64 = world
        .ask("select count(*) from prov.job_history_rest")
        .await;
    assert_eq!(in_default, 0);
    assert!(
        world.ask::<i64>(days).await > before,
        "one for each day that is kept"
    );
    let again = chores::rotate_history(&world.db, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(again, None, "another replica had the turn just now");
}

//! The queue: merging, fences, leases, the ways a job ends, and who may call what.

use std::time::Duration;

use serde_json::json;
use store::daemon::instances::{self, Seen, SeenStatus};
use store::daemon::jobs::{self, Outcome, Requeued};
use store::daemon::operators::{self, Cancelled};
use store::daemon::{Claim, Fenced, chores};

use crate::world::{ACCOUNT, World};

const SOON: Duration = Duration::ZERO;
const GRACE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn equal_jobs_merge_while_they_wait_and_not_while_they_run() {
    let world = World::new().await;
    let first = world.enqueue("l", None, "k", 1).await;
    assert_eq!(world.enqueue("l", None, "k", 3).await, first);
    assert_eq!(world.enqueue("l", None, "k", 2).await, first);
    let claimed = world.claim(9, &["k"]).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].want_gen, 3);
    let twin = world.enqueue("l", None, "k", 4).await;
    assert_ne!(twin, first);
    assert!(world.claim(9, &["k"]).await.is_empty(), "the lane is taken");
    let ended = jobs::finish(&world.db, claimed[0].claim, Outcome::Done, None)
        .await
        .unwrap();
    assert_eq!(ended, Fenced::Written);
    assert_eq!(world.claim(9, &["k"]).await[0].claim.job, twin);
    let outcome: String = world.ask("select outcome from prov.job_history").await;
    assert_eq!(outcome, "done");
}

#[tokio::test]
async fn unknown_kinds_stay_for_a_newer_daemon() {
    let world = World::new().await;
    world.enqueue("l", None, "of-tomorrow", 1).await;
    assert!(world.claim(9, &["k"]).await.is_empty());
    assert_eq!(world.claim(9, &["of-tomorrow"]).await.len(), 1);
}

#[tokio::test]
async fn a_stale_fence_changes_nothing_anywhere() {
    let world = World::new().await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    let lane = format!("instance:{instance}");
    world.enqueue(&lane, Some(ACCOUNT), "k", 1).await;
    let old = world.claim(1, &["k"]).await[0].claim;
    world
        .run("update prov.jobs set lease_until = now() - interval '1 s'")
        .await;
    assert_eq!(
        chores::sweep(&world.db, 10, SOON).await.unwrap(),
        [(old.job, "queued".to_owned())]
    );
    world.run("update prov.jobs set run_at = now()").await;
    let new = world.claim(1, &["k"]).await[0].claim;
    assert!(new.job == old.job && new.fence > old.fence);

    let (db, seen) = (&world.db, running());
    assert!(
        jobs::heartbeat(db, &[old], Duration::from_secs(9))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        jobs::finish(db, old, Outcome::Done, None).await.unwrap(),
        Fenced::Stale
    );
    assert_eq!(
        jobs::requeue(db, old, SOON, true, None).await.unwrap(),
        Requeued::Stale
    );
    assert_eq!(
        jobs::bury(db, old, &json!({})).await.unwrap(),
        Fenced::Stale
    );
    assert_eq!(
        instances::observe(db, old, instance, &seen).await.unwrap(),
        Fenced::Stale
    );
    let step = instances::record_step(db, old, instance, "a", "done", None)
        .await
        .unwrap();
    assert_eq!(step, Fenced::Stale);
    assert!(
        instances::plan_steps(db, old, instance, 1, &[("a", "A")])
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        instances::keep_secret(db, old, instance, "a", "x")
            .await
            .unwrap()
            .is_none()
    );
    let end = instances::finish_observed(db, old, Outcome::Done, None, instance, &seen)
        .await
        .unwrap();
    assert_eq!(end, Fenced::Stale);
    let touched: bool = world
        .ask(
            "select status <> 'provisioning' or observed_gen <> 0 or exists (select 1 from instance_events) \
             or exists (select 1 from instance_secrets) or exists (select 1 from prov.job_history) from instances",
        )
        .await;
    assert!(!touched);

    let end = instances::finish_observed(db, new, Outcome::Done, None, instance, &seen)
        .await
        .unwrap();
    assert_eq!(end, Fenced::Written);
    let arrived: bool = world
        .ask(
            "select i.status = 'running' and i.observed_gen = 1 and e.name = 'running' \
             from instances i join instance_events e on e.instance = i.id and e.kind = 'status'",
        )
        .await;
    assert!(arrived);
}

fn running() -> Seen {
    Seen {
        status: Some(SeenStatus::stable(domain::InstanceStatus::Running, None)),
        observed_gen: Some(1),
        ..Seen::default()
    }
}

#[tokio::test]
async fn three_lost_leases_make_a_job_dead_and_its_instance_says_so() {
    let world = World::new().await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    world
        .run("select prov.enqueue_instance(id) from instances")
        .await;
    for outcome in ["queued", "queued", "dead"] {
        assert_eq!(world.claim(1, &["reconcile-instance"]).await.len(), 1);
        world
            .run("update prov.jobs set lease_until = now() - interval '1 s'")
            .await;
        assert_eq!(
            chores::sweep(&world.db, 10, SOON).await.unwrap()[0].1,
            outcome
        );
        world.run("update prov.jobs set run_at = now()").await;
    }
    assert!(world.claim(1, &["reconcile-instance"]).await.is_empty());
    let told: bool = world
        .ask("select status = 'error' and status_reason is not null from instances")
        .await;
    assert!(told);

    // A new wish begins anew, and its end clears the dead one away.
    world
        .run(
            "update instances set desired_gen = 2; select prov.enqueue_instance(id) from instances",
        )
        .await;
    let claim = world.claim(1, &["reconcile-instance"]).await[0].claim;
    let end =
        instances::finish_observed(&world.db, claim, Outcome::Done, None, instance, &running())
            .await;
    assert_eq!(end.unwrap(), Fenced::Written);
    let left: i64 = world.ask("select count(*) from prov.jobs").await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_expired_job_merges_into_its_twin() {
    let world = World::new().await;
    let first = world.enqueue("l", None, "k", 5).await;
    world.claim(1, &["k"]).await;
    let twin = world.enqueue("l", None, "k", 4).await;
    world
        .run("update prov.jobs set lease_until = now() - interval '1 s' where state = 'running'")
        .await;
    assert_eq!(
        chores::sweep(&world.db, 10, SOON).await.unwrap(),
        [(first, "merged".to_owned())]
    );
    world.run("update prov.jobs set run_at = now()").await;
    let claimed = world.claim(1, &["k"]).await;
    assert_eq!((claimed[0].claim.job, claimed[0].want_gen), (twin, 5));
}

#[tokio::test]
async fn attempts_run_out_and_snoozes_cost_none() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    world.run("update prov.jobs set max_attempts = 2").await;
    for _ in 0..5 {
        let job = world.claim(1, &["k"]).await.remove(0);
        assert_eq!(job.attempt, 1);
        let snoozed = jobs::requeue(&world.db, job.claim, SOON, true, None)
            .await
            .unwrap();
        assert_eq!(snoozed, Requeued::Queued);
    }
    for became in [Requeued::Queued, Requeued::Dead] {
        let claim = world.claim(1, &["k"]).await[0].claim;
        let error = json!({"class": "transient"});
        assert_eq!(
            jobs::requeue(&world.db, claim, SOON, false, Some(&error))
                .await
                .unwrap(),
            became
        );
    }
}

#[tokio::test]
async fn a_look_that_is_far_off_is_bulk_until_somebody_asks() {
    let world = World::new().await;
    let class = "select class::integer from prov.jobs";
    world.enqueue("l", None, "k", 1).await;
    for (seconds, expected) in [(9, 0), (10, 1)] {
        world.run("update prov.jobs set run_at = now()").await;
        let claim = world.claim(1, &["k"]).await[0].claim;
        let far = Duration::from_secs(seconds);
        jobs::requeue(&world.db, claim, far, true, None)
            .await
            .unwrap();
        assert_eq!(world.ask::<i32>(class).await, expected);
    }
    world.enqueue("l", None, "k", 1).await;
    assert_eq!(world.ask::<i32>(class).await, 0);
    // a failure of what a person waits for stays theirs
    let claim = world.claim(1, &["k"]).await[0].claim;
    let far = Duration::from_mins(5);
    jobs::requeue(&world.db, claim, far, false, None)
        .await
        .unwrap();
    assert_eq!(world.ask::<i32>(class).await, 0);
}

#[tokio::test]
async fn a_cancelled_job_does_not_come_back() {
    let world = World::new().await;
    world.enqueue("l", None, "k", 1).await;
    let claim: Claim = world.claim(1, &["k"]).await[0].claim;
    let asked = operators::cancel(&world.db, claim.job).await.unwrap();
    assert_eq!(asked, Some(Cancelled::Asked));
    let beat = jobs::heartbeat(&world.db, &[claim], Duration::from_secs(9))
        .await
        .unwrap();
    assert_eq!(beat, [(claim.job, true)]);
    assert_eq!(
        jobs::requeue(&world.db, claim, SOON, true, None)
            .await
            .unwrap(),
        Requeued::Cancelled
    );
    let job = world.enqueue("l", None, "k", 2).await;
    for expected in [Some(Cancelled::TakenBack), None] {
        let cancelled = operators::cancel(&world.db, job).await.unwrap();
        assert_eq!(cancelled, expected);
    }
    let outcomes: i64 = world
        .ask("select count(*) from prov.job_history where outcome = 'cancelled'")
        .await;
    assert_eq!(outcomes, 2);
}

#[tokio::test]
async fn lost_work_is_found() {
    let world = World::new().await;
    world.instance(ACCOUNT, "ann-1").await;
    assert_eq!(
        chores::enqueue_lost(&world.db, SOON, GRACE).await.unwrap(),
        Some((0, 0)),
        "just made: its job may be on the way"
    );
    world.run("alter table instances disable trigger all; update instances set updated_at = now() - interval '1 min'").await;
    assert_eq!(
        chores::enqueue_lost(&world.db, SOON, GRACE).await.unwrap(),
        Some((1, 0))
    );
    assert_eq!(
        chores::enqueue_lost(&world.db, SOON, GRACE).await.unwrap(),
        Some((0, 0))
    );
    let other = chores::enqueue_lost(&world.db, Duration::from_secs(60), GRACE).await;
    assert_eq!(
        other.unwrap(),
        None,
        "another replica had the turn just now"
    );
}

#[tokio::test]
async fn the_functions_role_may_enqueue_and_nothing_else() {
    let world = World::new().await;
    world.instance(ACCOUNT, "ann-1").await;
    let id: uuid::Uuid = world.ask("select id from instances").await;
    let functions = world.connect_as("mindroom_functions").await;
    let row = functions
        .query_one("select prov.enqueue_instance($1)", &[&id])
        .await
        .unwrap();
    let job: serde_json::Value = row.get(0);
    assert_eq!(
        (&job["kind"], &job["state"]),
        (&json!("reconcile-instance"), &json!("queued"))
    );
    let again = functions
        .query_one("select prov.enqueue_instance($1)", &[&id])
        .await
        .unwrap();
    assert_eq!(
        again.get::<_, serde_json::Value>(0),
        job,
        "it joins the job that waits"
    );
    let row = functions
        .query_one("select prov.job_of_instance($1)", &[&id])
        .await
        .unwrap();
    assert_eq!(row.get::<_, serde_json::Value>(0), job);
    functions
        .batch_execute("select prov.ring(0)")
        .await
        .unwrap();
    for refused in [
        "insert into prov.jobs (lane, kind) values ('l', 'k')",
        "update prov.jobs set state = 'dead'",
        "delete from prov.jobs",
        "delete from prov.job_history",
        "select prov.enqueue('l', null, 'k', null, 1)",
        "select prov.claim(0, 1, 1, gen_random_uuid(), '1 s', '{k}')",
        "select prov.finish(1, 1, 'done')",
        "select prov.write_observation(1, gen_random_uuid(), '{}')",
        "select prov.sweep(1)",
    ] {
        let error = functions.batch_execute(refused).await.unwrap_err();
        let code = error.code().unwrap();
        assert_eq!(
            *code,
            tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE,
            "{refused}"
        );
    }
    let seen = "select count(*) from prov.jobs";
    let seen: i64 = functions.query_one(seen, &[]).await.unwrap().get(0);
    assert_eq!(seen, 0, "whoever works for no account sees no job");
    let open_to_all: i64 = world
        .ask(
            "select count(*) from pg_proc p where pronamespace = 'prov'::regnamespace \
             and has_function_privilege('anon', p.oid, 'execute')",
        )
        .await;
    assert_eq!(open_to_all, 0);
}

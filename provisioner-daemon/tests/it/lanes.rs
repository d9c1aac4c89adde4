//! The queue under many claimers at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use store::daemon::jobs::{self, Floor, Job, Outcome, Requeued, Wanted};
use uuid::Uuid;

use crate::made_up::{MadeUp, quick, start};
use crate::world::{ACCOUNT, World, wanted};

#[tokio::test]
async fn one_account_hides_no_other_and_stays_under_its_cap() {
    let world = World::new().await;
    let others: Vec<Uuid> = (2..5).map(Uuid::from_u128).collect();
    // More than one window of the claim.
    for number in 0..100 {
        world
            .enqueue(&format!("a{number}"), Some(ACCOUNT), "k", 1)
            .await;
    }
    for other in &others {
        world
            .enqueue(&format!("o{other}"), Some(*other), "k", 1)
            .await;
    }
    let lanes = lanes_of(world.claim(8, &["k"]).await);
    for other in &others {
        let lane = format!("o{other}");
        assert!(lanes.contains(&lane), "{lane} waits behind {lanes:?}");
    }
    // The rest of the eight is the one account's, up to its cap; beyond it nothing is.
    assert_eq!(lanes.len(), 8);
    let more = lanes_of(world.claim(8, &["k"]).await);
    assert!(more.is_empty(), "{more:?}");
    let running: i64 = world
        .ask(&format!(
            "select count(*) from prov.jobs where tenant = '{ACCOUNT}' and state = 'running'"
        ))
        .await;
    assert_eq!(running, 5);
}

fn lanes_of(jobs: Vec<Job>) -> HashSet<String> {
    jobs.into_iter().map(|job| job.lane).collect()
}

#[tokio::test]
async fn jobs_without_an_account_have_no_cap() {
    let world = World::new().await;
    for number in 0..8 {
        world.enqueue(&format!("l{number}"), None, "k", 1).await;
    }
    assert_eq!(world.claim(8, &["k"]).await.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_claimers_never_share_a_lane_or_a_job() {
    let world = Arc::new(World::new().await);
    for number in 0..200 {
        let lane = format!("l{}", number % 20);
        world
            .run(&format!(
                "select prov.enqueue('{lane}', null, 'k', null, 1, p_delay => '-{} s')",
                number % 7
            ))
            .await;
    }
    let claimers = (0..6).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let mut done = Vec::new();
            loop {
                match jobs::claim(&world.db, wanted(3, &["k"])).await {
                    Ok(claimed) if claimed.is_empty() => {
                        let left: i64 = world.ask("select count(*) from prov.jobs").await;
                        if left == 0 {
                            return done;
                        }
                    }
                    Ok(claimed) => {
                        for job in claimed {
                            let end = jobs::finish(&world.db, job.claim, Outcome::Done, None)
                                .await
                                .unwrap();
                            assert_eq!(end, store::daemon::Fenced::Written);
                            done.push(job.claim.job);
                        }
                    }
                    // Two saw the same lane free; the index let one through.
                    Err(store::daemon::Error::Statement(error)) => {
                        assert_eq!(
                            error.code(),
                            Some(&tokio_postgres::error::SqlState::UNIQUE_VIOLATION)
                        );
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
        })
    });
    let done: Vec<i64> = futures::future::join_all(claimers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    assert_eq!(done.len(), 200);
    assert_eq!(done.iter().collect::<HashSet<_>>().len(), 200);
    let ends: i64 = world
        .ask("select count(distinct id) from prov.job_history")
        .await;
    assert_eq!(ends, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn putting_back_survives_a_twin_that_comes_at_the_same_moment() {
    let world = Arc::new(World::new().await);
    world.enqueue("l", None, "k", 1).await;
    let wisher = {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            for generation in 2..150 {
                world.enqueue("l", None, "k", generation).await;
            }
        })
    };
    while !wisher.is_finished() {
        for job in world.claim(1, &["k"]).await {
            let became = jobs::requeue(&world.db, job.claim, Duration::ZERO, true, None)
                .await
                .unwrap();
            assert!(
                matches!(became, Requeued::Queued | Requeued::Merged),
                "{became:?}"
            );
        }
    }
    wisher.await.unwrap();
    let left: i64 = world
        .ask("select count(*) from prov.jobs where state = 'queued' and want_gen = 149")
        .await;
    assert_eq!(left, 1);
}

/// Jobs that a claim takes that begins there.
async fn claim_from(world: &World, floor: Option<Floor>) -> HashSet<String> {
    let wanted = Wanted {
        floor,
        ..wanted(8, &["k"])
    };
    lanes_of(jobs::claim(&world.db, wanted).await.unwrap())
}

#[tokio::test]
async fn a_claim_that_begins_at_the_floor_misses_nothing_that_was_there_or_comes() {
    let world = World::new().await;
    world.enqueue("busy", Some(ACCOUNT), "k", 1).await;
    let running = world.claim(1, &["k"]).await[0].claim;
    world.enqueue("busy", Some(ACCOUNT), "k", 2).await;
    world
        .run("update prov.jobs set run_at = now() - interval '1 hour' where state = 'queued'")
        .await;
    let floor = jobs::floor(&world.db, 0).await.unwrap();
    let claimed = async || claim_from(&world, Some(floor)).await;
    assert!(claimed().await.is_empty(), "the lane is taken");
    for number in 0..5 {
        let lane = format!("new{number}");
        world.enqueue(&lane, Some(ACCOUNT), "k", 1).await;
    }
    assert_eq!(claimed().await.len(), 4, "up to the account's cap");
    let end = jobs::finish(&world.db, running, Outcome::Done, None).await;
    assert_eq!(end.unwrap(), store::daemon::Fenced::Written);
    assert_eq!(claimed().await, HashSet::from(["busy".to_owned()]));

    world
        .run("select prov.enqueue('late', null, 'k', 'm', 1, p_delay => '-2 hours')")
        .await;
    assert!(claimed().await.is_empty(), "it was not there");
    let everything = claim_from(&world, None).await;
    assert_eq!(everything, HashSet::from(["late".to_owned()]));
}

/// What cannot be cleared away is not walked past again and again.
#[tokio::test]
async fn a_claim_that_begins_at_the_floor_reads_no_dead_rows() {
    let world = World::new().await;
    let _snapshot = world.hold_snapshot().await;
    world
        .run(
            "select prov.enqueue('l' || n, gen_random_uuid(), 'k', 'm', 1, p_delay => '-1 hour') \
             from generate_series(1, 2000) n",
        )
        .await;
    loop {
        let claimed = world.claim(50, &["k"]).await;
        if claimed.is_empty() {
            break;
        }
        let claims: Vec<_> = claimed.iter().map(|job| job.claim).collect();
        jobs::finish_done(&world.db, &claims).await.unwrap();
    }
    let blocks = "select pg_stat_get_xact_blocks_fetched('prov.jobs'::regclass)";
    let read = async |floor: &str| -> i64 {
        // what is counted is kept to the end of a transaction
        world.run("begin").await;
        let before: i64 = world.ask(blocks).await;
        let claim = "prov.claim(0, 5, 5, gen_random_uuid(), '30 s', '{k}', since, fence)";
        world
            .run(&format!("select id from {floor} f, {claim}"))
            .await;
        let after: i64 = world.ask(blocks).await;
        world.run("rollback").await;
        after - before
    };
    let everywhere = read("(select timestamptz '-infinity' as since, 0::bigint as fence)").await;
    assert!(everywhere > 50, "the dead are there: {everywhere}");
    let floor = world
        .ask::<String>(
            "select format('(select timestamptz %L as since, %s::bigint as fence)', since, fence) \
             from prov.claim_floor(0)",
        )
        .await;
    let from_floor = read(&floor).await;
    assert!(
        from_floor * 5 < everywhere,
        "{from_floor} of {everywhere} blocks"
    );
}

#[tokio::test]
async fn what_comes_late_is_found_while_the_queue_is_busy() {
    let world = World::new().await;
    let runner = start(&world, MadeUp::done(), quick());
    let busy = async {
        for number in 0.. {
            let lane = format!("busy{number}");
            world.enqueue(&lane, None, "k", 1).await;
            world.run("select prov.ring(0)").await;
        }
    };
    let late = async {
        world
            .until("select count(*) > 100 from prov.job_history")
            .await;
        world
            .run("select prov.enqueue('late', null, 'k', 'm', 1, p_delay => '-1 hour')")
            .await;
        world
            .until("select exists (select from prov.job_history where lane = 'late')")
            .await;
    };
    tokio::select! {
        () = busy => {}
        () = late => {}
    }
    runner.drain().await;
}

//! Faults of single steps: done twice, failing, refused for good, overtaken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use provisioner_daemon::runner::{Fault, Faults, Settings};

use super::kills::{LIVES, Life, Stage, points_of};
use crate::made_up::quick;
use crate::outside::{Obstacle, PLANS};
use crate::reconcile::{self, Scene};

#[tokio::test]
async fn fault_07_every_step_done_twice_changes_nothing_more() {
    for life in &LIVES {
        let mut stage = Stage::before(life).await;
        stage.outside.is_twice = true;
        let runner = reconcile::start(&stage.world, &stage.outside, quick());
        stage.world.wish(stage.instance, life.wish).await;
        stage.world.until_settled(stage.instance, life.status).await;
        let before = stage.outside.place(stage.instance);
        // And the whole job once more.
        let done = "(select count(*) from prov.job_history)";
        let count: i64 = stage.world.ask(&format!("select {done}")).await;
        stage
            .world
            .run("select prov.enqueue_instance(id) from instances where subdomain = 'ann-1'; select prov.ring(0)")
            .await;
        stage
            .world
            .until(&format!("select {done} = {count} + 1"))
            .await;
        runner.drain().await;
        assert_eq!(stage.outside.place(stage.instance), before, "{}", life.wish);
        stage.check().await;
    }
}

/// A fault at one point, once.
pub(super) fn once(point: &str, fault: Fault) -> Faults {
    let (point, is_over) = (point.to_owned(), Arc::new(AtomicBool::new(false)));
    Faults::new(move |here| {
        if here == point && !is_over.swap(true, Ordering::SeqCst) {
            fault
        } else {
            Fault::None
        }
    })
}

async fn fail_at(life: &Life, point: &str, fault: Fault) {
    let stage = Stage::before(life).await;
    let settings = Settings {
        faults: once(point, fault),
        ..quick()
    };
    // Only the first at that point: what is repeated then has no fault.
    let runner = reconcile::start(&stage.world, &stage.outside, settings);
    stage.world.wish(stage.instance, life.wish).await;
    stage.world.until_settled(stage.instance, life.status).await;
    runner.drain().await;
    stage.check().await;
}

/// At every point of every life: an error that goes away, and a panic.
#[tokio::test]
async fn fault_08_an_error_at_every_point() {
    for life in &LIVES {
        let points = points_of(life).await;
        // After the end nothing is left that could fail: `recorded` of a whole job is no part of an attempt.
        let points = points
            .iter()
            .filter(|point| !point.starts_with("recorded:reconcile"));
        let failures = points.flat_map(|point| {
            [Fault::Error, Fault::Panic].map(|fault| fail_at(life, point, fault))
        });
        let failures = futures::stream::iter(failures).buffer_unordered(4);
        Box::pin(failures.collect::<Vec<()>>()).await;
    }
}

/// At every step of every wish: all that a driver can answer.
#[tokio::test]
async fn fault_08_every_answer_of_a_driver_at_every_step() {
    for (life, step) in LIVES.iter().flat_map(|life| {
        let (_, steps) = PLANS.iter().find(|(wish, _)| *wish == life.plan).unwrap();
        steps.iter().map(move |step| (life, *step))
    }) {
        let stage = Stage::before(life).await;
        let runner = reconcile::start(&stage.world, &stage.outside, quick());
        for obstacle in [
            Obstacle::Transient,
            Obstacle::Trouble,
            Obstacle::Waits,
            Obstacle::Panics,
        ] {
            stage.outside.put(step, 2, obstacle);
            stage.world.wish(stage.instance, life.wish).await;
            stage.world.until_settled(stage.instance, life.status).await;
        }
        runner.drain().await;
        stage.check().await;
    }
}

/// Somebody with a later claim was there: nothing is changed under the older one.
#[tokio::test]
async fn fault_27_the_loser_of_a_conflict_changes_nothing() {
    let stage = Stage::before(&LIVES[0]).await;
    stage
        .outside
        .change(stage.instance, |place| place.anchor = 1000);
    let runner = reconcile::start(&stage.world, &stage.outside, quick());
    stage.world.wish(stage.instance, LIVES[0].wish).await;
    stage.world.until_settled(stage.instance, "running").await;
    runner.drain().await;
    // Three changes, none of them under the fence that lost (`check` counts those).
    assert_eq!(stage.outside.place(stage.instance).writes, 3);
    stage.check().await;
}

/// Refused for good: blocked with its reason, and not tried again by itself.
#[tokio::test]
async fn fault_28_a_refusal_for_good_blocks_and_does_not_loop() {
    let scene = Scene::new().await;
    scene.outside.put("server", u32::MAX, Obstacle::Permanent);
    scene.enqueue().await;
    scene.until("error").await;
    let ends = "select count(*) from prov.job_history where outcome = 'blocked'";
    assert_eq!(scene.world.ask::<i64>(ends).await, 1);
    let kept: i64 = scene
        .world
        .ask("select count(*) from prov.job_failures where outcome = 'blocked' and error is not null")
        .await;
    assert_eq!(kept, 1);
    // Even to the safety net it is no lost work.
    let zero = std::time::Duration::ZERO;
    let lost = store::daemon::chores::enqueue_lost(&scene.world.db, zero, zero).await;
    assert_eq!(lost.unwrap(), Some((0, 0)));
    scene.outside.clear();
    scene.wish("running").await;
    scene.until("running").await;
    scene.end().await;
}

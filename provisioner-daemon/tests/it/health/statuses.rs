//! The deadline of each status that must end (design: API, States): one test for each.

use std::time::Duration;

use store::daemon::chores;

use crate::outside::Obstacle;
use crate::reconcile::Scene;

impl Scene {
    /// A step that never comes to its end.
    fn hang(&self, step: &'static str) {
        self.outside.put(step, u32::MAX, Obstacle::Waits);
    }

    async fn overdue(&self) -> i64 {
        let figures = chores::figures(&self.world.db, Duration::ZERO).await;
        figures.unwrap().overdue_instances
    }

    /// Its time is nearly over, and nothing has changed; then it is.
    async fn let_time_end(&self, status: &str, nearly: &str) {
        self.world.until_is(status).await;
        self.world.age(nearly).await;
        self.world.looks().await;
        self.world.until_is(status).await;
        self.world.age("1 minute").await;
    }
}

#[tokio::test]
async fn provisioning_ends_in_error_after_10_minutes_and_can_be_tried_again() {
    let scene = Scene::new().await;
    scene.hang("server");
    // As an order writes it.
    let ordered = "update instances set status_deadline = now() + interval '10 minutes'";
    scene.world.run(ordered).await;
    scene.enqueue().await;
    scene.let_time_end("provisioning", "9 minutes 10 s").await;
    scene.until("error").await;
    scene.outside.clear();
    scene.wish("running").await;
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "error provisioning running");
    scene.end().await;
}

#[tokio::test]
async fn stopping_goes_on_after_5_minutes_until_it_is_stopped() {
    let scene = Scene::running().await;
    scene.hang("stop");
    scene.wish("stopped").await;
    scene.let_time_end("stopping", "4 minutes 10 s").await;
    assert_eq!(scene.overdue().await, 1, "operators see it");
    scene.outside.clear();
    scene.until("stopped").await;
    assert_eq!(scene.overdue().await, 0);
    assert_eq!(scene.statuses().await, "running stopping stopped");
    scene.end().await;
}

#[tokio::test]
async fn restarting_is_degraded_after_10_minutes() {
    let scene = Scene::running().await;
    scene.hang("server");
    scene.world.wish(scene.instance, "restart_gen = 1").await;
    scene.let_time_end("restarting", "9 minutes 10 s").await;
    scene.world.until_is("degraded").await;
    scene.world.age("1 second").await;
    scene.world.looks().await;
    assert_eq!(scene.statuses().await, "running restarting degraded");
    scene.outside.clear();
    scene.until("running").await;
    assert_eq!(
        scene.statuses().await,
        "running restarting degraded running"
    );
    scene.end().await;
}

#[tokio::test]
async fn updating_is_degraded_after_10_minutes() {
    let scene = Scene::running().await;
    scene.hang("server");
    let update = "tier = 'pro', status = 'updating', status_since = now(), \
        status_deadline = now() + interval '10 minutes'";
    scene.world.wish(scene.instance, update).await;
    scene.let_time_end("updating", "9 minutes 10 s").await;
    scene.world.until_is("degraded").await;
    scene.outside.clear();
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "running degraded running");
    scene.end().await;
}

/// Where nothing is silent there is nothing to repair: what ended is started again by itself all the time.
#[tokio::test]
async fn degraded_asks_a_person_after_20_minutes() {
    let scene = Scene::running().await;
    scene.hang("server");
    scene.outside.change(scene.instance, |place| {
        place.parts.remove("server");
    });
    scene.enqueue().await;
    scene.let_time_end("degraded", "19 minutes 10 s").await;
    scene.until("error").await;
    let told = "attention: A part of the instance does not come up, however often it is started.";
    assert_eq!(scene.world.told().await, told);
    assert_eq!(scene.repairs(), 0);

    scene.outside.clear();
    scene.world.wish(scene.instance, "restart_gen = 1").await;
    scene.until("running").await;
    scene.end().await;
}

#[tokio::test]
async fn unknown_is_looked_at_after_10_minutes_at_the_latest() {
    let scene = Scene::running().await;
    scene
        .world
        .run(
            "update instances set status = 'unknown', status_since = now(), \
               status_deadline = now() + interval '10 minutes'",
        )
        .await;
    let net = || chores::enqueue_lost(&scene.world.db, Duration::ZERO, Duration::ZERO);
    scene.world.age("9 minutes 10 s").await;
    assert_eq!(net().await.unwrap(), Some((0, 0)));
    scene.world.age("1 minute").await;
    assert_eq!(scene.overdue().await, 1, "operators see it");
    assert_eq!(net().await.unwrap(), Some((1, 0)));
    scene.until("running").await;
    assert_eq!(scene.statuses().await, "running running");
    scene.end().await;
}

#[tokio::test]
async fn deprovisioning_stays_after_30_minutes_and_is_tried_every_hour() {
    let scene = Scene::running().await;
    scene.outside.put("remove", u32::MAX, Obstacle::Transient);
    scene.wish("deleted").await;
    scene
        .let_time_end("deprovisioning", "29 minutes 10 s")
        .await;
    scene.world.looks().await;
    scene
        .world
        .until(
            "select run_at between now() + interval '59 minutes' and now() + interval '61 minutes' \
             and state = 'queued' from prov.jobs",
        )
        .await;
    assert_eq!(scene.overdue().await, 1, "operators see it");
    scene.outside.clear();
    scene.world.age("1 hour").await;
    scene.until("deprovisioned").await;
    assert_eq!(
        scene.statuses().await,
        "running deprovisioning deprovisioned"
    );
    scene.end().await;
}

/// What waits for something outside has its whole time once that is there: data kept for a while after a deletion,
/// packages that are being installed.
#[tokio::test]
async fn a_status_that_is_held_is_not_past_its_deadline() {
    for hold in [Duration::from_millis(50), Duration::from_hours(1)] {
        let scene = Scene::running().await;
        scene.outside.put("remove", u32::MAX, Obstacle::Held(hold));
        scene.wish("deleted").await;
        scene
            .world
            .until("select status_reason = 'It is waited for something.' from instances")
            .await;
        for _ in 0..3 {
            scene.world.age("45 minutes").await;
            scene.world.looks().await;
            scene
                .world
                .until("select status_deadline > now() + interval '29 minutes' from instances")
                .await;
        }
        scene.world.until_is("deprovisioning").await;
        scene.outside.clear();
        scene
            .world
            .hurries_until("select status = 'deprovisioned' from instances")
            .await;
        scene.until("deprovisioned").await;
        scene.end().await;
    }
}

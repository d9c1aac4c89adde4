//! When what does not answer is made anew, and what happens when that does not help.

use std::time::Duration;

use store::daemon::chores;

use crate::reconcile::Scene;

/// Repaired three times, long ago.
const IN_VAIN: &str = "update instances set repairs = 3, repaired_at = now() - interval '6 minutes'; \
    update prov.jobs set run_at = now() where state = 'queued'; select prov.ring(0)";

#[tokio::test]
async fn what_does_not_answer_is_made_anew_after_a_minute() {
    let scene = Scene::running().await;
    scene.silence(1).await;
    scene.world.until_is("degraded").await;
    scene.world.looks().await;
    assert_eq!(scene.repairs(), 0, "it may answer again by itself");
    scene.world.age("1 minute").await;
    scene.until("running").await;
    assert_eq!(scene.repairs(), 1);
    assert_eq!(
        scene.world.told().await,
        "repair: app: no answer, started again."
    );
    assert_eq!(scene.statuses().await, "running degraded running");
    scene.end().await;
}

#[tokio::test]
async fn what_answers_again_by_itself_is_left_alone() {
    let scene = Scene::running().await;
    scene.silence(1).await;
    scene.world.until_is("degraded").await;
    let before = scene.outside.place(scene.instance).parts;
    scene
        .outside
        .change(scene.instance, |place| place.silent.clear());
    scene.until("running").await;
    assert_eq!(scene.repairs(), 0);
    assert_eq!(scene.outside.place(scene.instance).parts, before);
    assert_eq!(scene.world.told().await, "");
    scene.end().await;
}

#[tokio::test]
async fn repairs_come_after_1_5_and_15_minutes_and_then_a_person_is_asked() {
    let scene = Scene::running().await;
    scene.silence(u32::MAX).await;
    scene.world.until_is("degraded").await;
    let waits = [("50 s", "11 s"), ("220 s", "21 s"), ("570 s", "31 s")];
    for (done, (not_yet, now)) in (0..).zip(waits) {
        scene.world.age(not_yet).await;
        scene.world.looks().await;
        assert_eq!(scene.repairs(), done, "too early");
        scene.world.age(now).await;
        let repaired = format!("select repairs = {done} + 1 from instances");
        scene.world.until(&repaired).await;
        assert_eq!(scene.repairs(), done + 1);
    }
    scene.world.age("4 minutes").await;
    scene.world.looks().await;
    scene.world.until_is("degraded").await;
    scene.world.age("61 s").await;
    scene.until("error").await;

    let told = "app does not answer. Starting it again did not help, 3 times.";
    let is_asked: bool = scene
        .world
        .ask(&format!(
            "select attention_since is not null and status_reason = '{told}' and status_deadline is null \
             and h.outcome = 'blocked' from instances, prov.job_history h where h.outcome <> 'done'"
        ))
        .await;
    assert!(is_asked, "{}", scene.world.story().await);
    let repair = "repair: app: no answer, started again.; ".repeat(3);
    assert_eq!(
        scene.world.told().await,
        format!("{repair}attention: {told}")
    );
    let figures = chores::figures(&scene.world.db, Duration::ZERO).await;
    assert_eq!(figures.unwrap().attention_instances, 1);
    scene.end().await;
}

/// An instance that was repaired in vain and asks for a person.
async fn in_vain(repairs: u32) -> Scene {
    let scene = Scene::running().await;
    scene.silence(repairs).await;
    scene.world.until_is("degraded").await;
    scene.world.run(IN_VAIN).await;
    scene.until("error").await;
    scene
}

const IS_CLEAR: &str = "select repairs = 0 and attention_since is null and status_reason is null \
    and (select bool_and(s->>'state' = 'done') from jsonb_array_elements(progress) s) from instances";

#[tokio::test]
async fn nothing_more_is_repaired_until_it_answers_again() {
    let scene = in_vain(u32::MAX).await;
    scene.world.age("1 hour").await;
    for looks in 1..=3 {
        scene.enqueue().await;
        let looked = "select count(*) from prov.job_history where outcome = 'superseded'";
        scene.world.until(&format!("({looked}) = {looks}")).await;
    }
    assert_eq!(scene.repairs(), 0);
    assert_eq!(scene.statuses().await, "running degraded error");

    scene
        .outside
        .change(scene.instance, |place| place.silent.clear());
    scene.enqueue().await;
    scene.until("running").await;
    assert!(scene.world.ask::<bool>(IS_CLEAR).await);
    scene.end().await;
}

#[tokio::test]
async fn a_restart_by_a_person_begins_anew() {
    let scene = in_vain(u32::MAX).await;
    let restart = "restart_gen = restart_gen + 1";
    scene.world.wish(scene.instance, restart).await;
    scene.until("running").await;
    assert!(scene.world.ask::<bool>(IS_CLEAR).await);
    scene.end().await;
}

/// Somebody who acts does not wait for the next repair.
#[tokio::test]
async fn a_start_by_a_person_repairs_at_once() {
    let scene = in_vain(1).await;
    scene.wish("running").await;
    scene.until("running").await;
    assert_eq!(scene.repairs(), 1);
    assert!(scene.world.ask::<bool>(IS_CLEAR).await);
    scene.end().await;
}

#[tokio::test]
async fn one_that_asks_for_a_person_can_be_stopped() {
    let scene = in_vain(u32::MAX).await;
    scene.wish("stopped").await;
    scene.until("stopped").await;
    let is_clear = "select attention_since is null and health = 'unknown' from instances";
    assert!(scene.world.ask::<bool>(is_clear).await);
    scene.end().await;
}

/// Or an instance that hangs again and again would be restarted every other minute for ever.
#[tokio::test]
async fn a_repair_that_holds_for_a_moment_counts_as_none() {
    let scene = Scene::running().await;
    scene.silence(1).await;
    scene.world.until_is("degraded").await;
    scene.world.age("1 minute").await;
    scene.until("running").await;

    scene.world.age("2 minutes").await;
    scene.silence(1).await;
    scene.world.until_is("degraded").await;
    scene.world.age("90 s").await;
    scene.world.looks().await;
    assert_eq!(scene.repairs(), 1, "four minutes after the first");
    scene.world.age("31 s").await;
    scene.until("running").await;
    assert_eq!(scene.repairs(), 2);

    scene.world.age("11 minutes").await;
    scene.silence(1).await;
    scene.world.until_is("degraded").await;
    let is_new = "select repairs = 0 from instances";
    assert!(
        scene.world.ask::<bool>(is_new).await,
        "a trouble of its own"
    );
    scene.world.age("1 minute").await;
    scene.until("running").await;
    assert_eq!(scene.repairs(), 3);
    scene.end().await;
}

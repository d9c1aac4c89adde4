//! Daemons as processes: asked to end, frozen, without heartbeat, hung, and crashing over and over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::signal::Signal;
use provisioner_daemon::runner::{Faults, Settings};

use super::kills::{LIVES, Stage};
use crate::child::{Child, Orders};
use crate::invariants;
use crate::made_up::{DONE, MadeUp, quick, running, start, wait_until, world_with_a_job};
use crate::outside::Gate;
use crate::reconcile;
use crate::world::World;

const SHORT: Duration = Duration::from_secs(3);

/// A job that goes on for ever, or for so many seconds.
async fn enqueue_long(world: &World, lane: &str, seconds: Option<f64>) {
    let payload = serde_json::json!({ "seconds": seconds });
    world
        .run(&format!(
            "select prov.enqueue('{lane}', null, 'long', 'm', 1, p_payload => '{payload}'); select prov.ring(0)"
        ))
        .await;
}

async fn until_running(world: &World) {
    world
        .until("select count(*) = 1 from prov.jobs where state = 'running'")
        .await;
}

fn orders(world: &World, folder: &tempfile::TempDir) -> Orders {
    Orders::new(&world.daemon_url(), folder.path())
}

/// Asked to end: the job goes to another replica at no cost, and the process ends well.
#[tokio::test]
async fn fault_09_asked_to_end_in_the_midst_of_a_job() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let mut first = Child::start(&orders(&world, &folder));
    enqueue_long(&world, "l", None).await;
    until_running(&world).await;
    let worker: uuid::Uuid = world.ask("select worker from prov.jobs").await;
    let _second = Child::start(&orders(&world, &folder));
    first.signal(Signal::SIGTERM);
    assert!(first.ended().await.success());
    world
        .until(&format!(
            "select state = 'running' and worker <> '{worker}' and attempt = 1 and crashes = 0 from prov.jobs"
        ))
        .await;
    world.run("select prov.cancel(id) from prov.jobs").await;
    world.until("select count(*) = 0 from prov.jobs").await;
    invariants::check_queue(&world).await;
}

/// Frozen for longer than its lease, then awake again: what it still wants to write changes nothing.
#[tokio::test]
async fn fault_10_frozen_for_longer_than_a_lease() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let orders = orders(&world, &folder).with_lease(SHORT);
    let frozen = Child::start(&orders);
    enqueue_long(&world, "l", Some(1.0)).await;
    until_running(&world).await;
    frozen.signal(Signal::SIGSTOP);
    let _other = Child::start(&orders);
    world.until(DONE).await;
    frozen.signal(Signal::SIGCONT);
    let began = std::time::Instant::now();
    loop {
        let lost = frozen.metric("prov_leases_lost_total").await;
        let stale = frozen.metric("prov_stale_writes_rejected_total").await;
        if lost + stale > 0.0 {
            break;
        }
        assert!(
            began.elapsed() < crate::world::PATIENCE,
            "it noticed nothing"
        );
    }
    let is_others: bool = world
        .ask("select count(*) = 1 and max(crashes) = 1 and max(attempt) = 1 from prov.job_history")
        .await;
    assert!(is_others);
    invariants::check_queue(&world).await;
}

/// A change is on its way outside when the lease is lost. That one may land after the next holder's; nothing more
/// does, and the next reconcile puts it right.
#[tokio::test]
async fn fault_11_a_change_on_its_way_when_the_lease_is_lost() {
    let stage = Stage::before(&LIVES[1]).await;
    let (world, outside, id) = (&stage.world, &stage.outside, stage.instance);
    let gate = Arc::new(Gate::default());
    let mut slow = outside.clone();
    slow.gate = Some(Arc::clone(&gate));
    let settings = Settings {
        faults: Faults::parse("heartbeat=skip").unwrap(),
        ..crate::child::settings(Duration::from_secs(2))
    };
    let first = reconcile::start(world, &slow, settings);
    world.wish(id, "tier = 'pro'").await;
    wait_until(|| gate.waiting.load(Ordering::SeqCst) == 1).await;
    // Its only change is on its way; it gives up, and takes nothing more.
    first.drain().await;

    world.wish(id, "tier = 'enterprise'").await;
    world.expire_leases().await;
    let second = reconcile::start(world, outside, quick());
    world.until_settled(id, "running").await;
    assert_eq!(outside.place(id).parts["space"], "enterprise");
    gate.open.notify_one();
    wait_until(|| outside.place(id).strays == 1).await;
    assert_eq!(outside.place(id).parts["space"], "pro");
    world
        .run(&format!(
            "select prov.enqueue_instance('{id}'); select prov.ring(0)"
        ))
        .await;
    wait_until(|| outside.place(id).parts["space"] == "enterprise").await;
    world.until_settled(id, "running").await;
    second.drain().await;
    outside.change(id, |place| {
        assert_eq!(place.strays, 1, "the only stray was that one");
        place.strays = 0;
    });
    stage.check().await;
}

/// No heartbeat goes out: the work stops before the database could give it to another, and writes nothing more.
#[tokio::test]
async fn fault_12_no_heartbeat_goes_out() {
    let job = MadeUp::long();
    let runs = job.runs();
    let settings = Settings {
        faults: Faults::parse("heartbeat=skip").unwrap(),
        lease_margin: SHORT / 2,
        // Nobody takes the job back, so its row stays as the mute one left it.
        sweep: Duration::from_hours(1),
        ..crate::child::settings(SHORT)
    };
    let (world, mute) = running(job, settings).await;
    let row = "select to_jsonb(j)::text from prov.jobs j";
    let claimed: String = world.ask(row).await;
    wait_until(|| !runs.is_at_work()).await;
    let is_in_time = "select lease_until > now() + interval '0.5 s' from prov.jobs";
    assert!(world.ask::<bool>(is_in_time).await, "it gave up too late");
    world
        .until("select lease_until < now() from prov.jobs")
        .await;
    mute.drain().await;
    assert_eq!(world.ask::<String>(row).await, claimed);
    assert_eq!(runs.count(), 1);

    let other = start(&world, MadeUp::done(), quick());
    world.until(DONE).await;
    other.drain().await;
    let is_one_crash = "select attempt = 1 and crashes = 1 from prov.job_history";
    assert!(world.ask::<bool>(is_one_crash).await);
    invariants::check_queue(&world).await;
}

/// The heartbeat goes on and the work hangs: its deadline frees the slot.
#[tokio::test]
async fn fault_13_a_handler_that_hangs() {
    let world = world_with_a_job().await;
    let job = MadeUp::hung(Duration::from_millis(200));
    let runs = job.runs();
    let settings = Settings {
        slots: vec![1],
        ..quick()
    };
    let runner = start(&world, job, settings);
    runs.reach(1).await;
    world.enqueue("m", None, "k", 1).await;
    world
        .until("select count(*) = 2 from prov.job_history where outcome = 'done'")
        .await;
    let cost: i32 = world
        .ask("select attempt from prov.job_history where lane = 'l'")
        .await;
    assert_eq!(cost, 2);
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// A panic is an error of its job and of no other.
#[tokio::test]
async fn fault_37_a_handler_that_panics() {
    let world = world_with_a_job().await;
    let job = MadeUp::new(|run| {
        assert!(run > 1, "on purpose");
        Ok(provisioner_daemon::runner::Outcome::Done)
    });
    let runner = start(&world, job, quick());
    world.until(DONE).await;
    runner.drain().await;
    let attempt: i32 = world.ask("select attempt from prov.job_history").await;
    assert_eq!(attempt, 2);
    invariants::check_queue(&world).await;
}

/// A job that ends its process, again and again: dead after three crashes. What ran beside it counts one crash at
/// most, and is done.
#[tokio::test]
async fn fault_37_a_job_that_takes_its_process_along() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    for number in 0..6 {
        enqueue_long(&world, &format!("innocent{number}"), Some(1.0)).await;
    }
    world
        .run("select prov.enqueue('guilty', null, 'crash', 'm', 1, p_delay => '-1 s')")
        .await;
    for crashes in 1..=3 {
        let mut child = Child::start(&orders(&world, &folder));
        assert!(!child.ended().await.success());
        world.expire_leases().await;
        let sweep = store::daemon::chores::sweep(&world.db, 100, Duration::ZERO).await;
        let taken = sweep.unwrap();
        assert!(!taken.is_empty(), "crash {crashes}");
    }
    let is_dead: bool = world
        .ask("select state = 'dead' and crashes = 3 from prov.jobs where lane = 'guilty'")
        .await;
    assert!(is_dead, "{}", world.story().await);
    let _child = Child::start(&orders(&world, &folder));
    world
        .until("select count(*) = 6 and max(crashes) <= 1 from prov.job_history where outcome = 'done'")
        .await;
    invariants::check_queue(&world).await;
}

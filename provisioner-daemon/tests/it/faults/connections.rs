//! Connections to the database that break, hang, crawl or cannot be had.

use std::sync::Arc;
use std::time::Duration;

use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::{Handler, Runner, Settings};
use store::daemon::Db;
use test_postgres::{Options, Server};

use super::kills::{LIVES, Stage};
use crate::invariants;
use crate::made_up::{DONE, MadeUp, quick, start, wait_until, world_with_a_job};
use crate::proxy::{Cut, Proxy, Trouble};
use crate::world::{END_SESSIONS, World};

/// A runner that reaches the world's database by way of a proxy.
fn start_through(
    proxy: &Proxy,
    world: &World,
    handler: impl Handler,
    settings: Settings,
) -> Runner {
    let url = proxy.url(&world.daemon_url(), Server::shared().port());
    let handler: Arc<dyn Handler> = Arc::new(handler);
    Runner::start(Db::new(&url, 4).unwrap(), &url, vec![handler], settings).unwrap()
}

/// The connection is cut while the end of an instance's job is on its way: it is done once, whichever side of the
/// commit the cut is on.
async fn cut_at_the_end_of_a_reconcile(cut: Cut) {
    let stage = Stage::before(&LIVES[0]).await;
    let proxy = Proxy::to(Server::shared().port()).await;
    proxy.set(Trouble {
        cut: Some(("prov.finish_observed", cut)),
        ..Trouble::default()
    });
    let handler = ReconcileInstance::new(Arc::new(stage.outside.clone()));
    let runner = start_through(&proxy, &stage.world, handler, quick());
    stage.world.wish(stage.instance, LIVES[0].wish).await;
    stage.world.until_settled(stage.instance, "running").await;
    runner.drain().await;
    assert!(proxy.has_cut());
    // Cut before it, the attempt failed and was made again; after it, it had succeeded.
    let attempt = if cut == Cut::Before { 2 } else { 1 };
    let ends: bool = stage
        .world
        .ask(&format!(
            "select count(*) = 1 and max(attempt) = {attempt} and max(crashes) = 0 from prov.job_history \
             where lane = 'instance:{}'",
            stage.instance
        ))
        .await;
    assert!(ends, "{cut:?}\n{}", stage.world.story().await);
    stage.check().await;
}

#[tokio::test]
async fn fault_04_the_connection_is_lost_before_the_commit() {
    cut_at_the_end_of_a_reconcile(Cut::Before).await;
}

#[tokio::test]
async fn fault_04_the_connection_is_lost_after_the_commit() {
    cut_at_the_end_of_a_reconcile(Cut::After).await;
}

/// The same for an end that the runner itself records, on either side.
#[tokio::test]
async fn fault_04_the_connection_is_lost_at_the_runners_own_commit() {
    for cut in [Cut::Before, Cut::After] {
        let world = world_with_a_job().await;
        let proxy = Proxy::to(Server::shared().port()).await;
        proxy.set(Trouble {
            cut: Some(("prov.finish_done(", cut)),
            ..Trouble::default()
        });
        let job = MadeUp::done();
        let runs = job.runs();
        let runner = start_through(&proxy, &world, job, quick());
        world.until(DONE).await;
        wait_until(|| proxy.has_cut()).await;
        runner.drain().await;
        assert_eq!(runs.count(), 1, "{cut:?}: it is only recorded again");
        invariants::check_queue(&world).await;
    }
}

/// Sessions are ended again and again, also the one that listens: at least half as much is done as without that, and
/// nothing is lost.
#[tokio::test]
async fn fault_15_sessions_are_terminated_again_and_again() {
    let world = World::new().await;
    let settings = Settings {
        slots: vec![16],
        ..crate::child::settings(Duration::from_secs(10))
    };
    let runner = start(&world, MadeUp::done(), settings);
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    let usual = done_under_load(&world, "calm", "").await;
    world.until("select count(*) = 0 from prov.jobs").await;
    let done = done_under_load(&world, "killed", END_SESSIONS).await;
    assert!(2 * done >= usual, "{done} instead of {usual} jobs");
    world.until("select count(*) = 0 from prov.jobs").await;
    // Ready means that the doorbell listens again, too.
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    runner.drain().await;
    let all: i64 = world.ask(ALL_DONE).await;
    assert_eq!(all, 2 * BEATS * A_BEAT);
    invariants::check_queue(&world).await;
}

const ALL_DONE: &str = "select count(*) from prov.job_history where outcome = 'done'";
/// Six seconds of load.
const BEATS: i64 = 12;
const BEAT: Duration = Duration::from_millis(500);
/// Jobs of a beat: few enough to leave time, since a claim that was cut is made again only after a while.
const A_BEAT: i64 = 50;

/// Enqueues at a steady pace, each time with something else; answers how many jobs were done by the end of that.
async fn done_under_load(world: &World, name: &str, meanwhile: &str) -> i64 {
    let before: i64 = world.ask(ALL_DONE).await;
    let mut pace = tokio::time::interval(BEAT);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for beat in 0..BEATS {
        pace.tick().await;
        world
            .run(&format!(
                "select prov.enqueue('{name} {beat} ' || n, null, 'k', 'm', 1) from generate_series(1, {A_BEAT}) n"
            ))
            .await;
        world.run(meanwhile).await;
    }
    world.ask::<i64>(ALL_DONE).await - before
}

/// All connections are taken: the heartbeat has its own, so no lease is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_16_no_connection_is_left() {
    let server = Server::start(Options {
        settings: &[("max_connections", "24")],
        ..Options::default()
    });
    let world = World::on(&server).await;
    let job = MadeUp::long();
    let runs = job.runs();
    let lease = Duration::from_secs(4);
    let runner = start(&world, job, crate::child::settings(lease));
    world.enqueue("l", None, "k", 1).await;
    runs.reach(1).await;
    wait_until(|| runner.pulse().not_ready().is_none()).await;
    let mut taken = Vec::new();
    let url = world.database.url("mindroom_functions");
    while let Ok((client, connection)) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await
    {
        tokio::spawn(connection);
        taken.push(client);
    }
    assert!(!taken.is_empty());
    // Two whole leases later it is still the same claim's.
    world
        .until("select lease_until > claimed_at + interval '12 s' from prov.jobs")
        .await;
    drop(taken);
    let is_first: bool = world
        .ask("select attempt = 1 and crashes = 0 from prov.jobs")
        .await;
    assert!(is_first);
    world.run("select prov.cancel(id) from prov.jobs").await;
    world.until("select count(*) = 0 from prov.jobs").await;
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// Every statement takes long: everything is slower, and nothing is lost.
#[tokio::test]
async fn fault_20_a_slow_database() {
    let stage = Stage::before(&LIVES[0]).await;
    let proxy = Proxy::to(Server::shared().port()).await;
    proxy.set(Trouble {
        delay: Duration::from_millis(200),
        ..Trouble::default()
    });
    let handler = ReconcileInstance::new(Arc::new(stage.outside.clone()));
    let settings = crate::child::settings(Duration::from_secs(8));
    let runner = start_through(&proxy, &stage.world, handler, settings);
    stage.world.wish(stage.instance, LIVES[0].wish).await;
    stage.world.until_settled(stage.instance, "running").await;
    runner.drain().await;
    let is_unhurt: bool = stage
        .world
        .ask("select bool_and(attempt = 1 and crashes = 0) from prov.job_history")
        .await;
    assert!(is_unhurt);
    stage.check().await;
}

/// The stream that tells of work falls silent without ending: the poll finds the work. (The design means the
/// cluster's watch; the doorbell is the stream that there is.)
#[tokio::test]
async fn fault_43_a_stream_that_falls_silent() {
    let world = World::new().await;
    let proxy = Proxy::to(Server::shared().port()).await;
    proxy.set(Trouble {
        silence: Some("listen prov_job"),
        ..Trouble::default()
    });
    let runner = start_through(&proxy, &world, MadeUp::done(), quick());
    world.enqueue("l", None, "k", 1).await;
    world.run("select prov.ring(0)").await;
    world.until(DONE).await;
    assert_eq!(runner.pulse().not_ready(), Some("not listening"));
    runner.drain().await;
    invariants::check_queue(&world).await;
}

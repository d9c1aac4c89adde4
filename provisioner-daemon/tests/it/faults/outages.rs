//! A database that is gone for a while, takes no writes, or comes back older than it was.

use std::time::Duration;

use test_postgres::{Data, Filler, Options, Server, Stop};

use super::kills::{LIVES, Stage};
use crate::invariants;
use crate::made_up::{DONE, MadeUp, quick, start, wait_until};
use crate::reconcile;
use crate::world::World;

/// A restart that is shorter than the lease: what runs goes on under the same claim.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn fault_14_the_database_restarts() {
    let server = Server::start(Options::default());
    let mut world = World::on(&server).await;
    let job = MadeUp::long();
    let runs = job.runs();
    let runner = start(&world, job, quick());
    world.enqueue("l", None, "k", 1).await;
    runs.reach(1).await;
    for how in [Stop::Fast, Stop::Immediate] {
        tokio::task::block_in_place(|| {
            server.stop(how);
            server.resume();
        });
        world.reconnect().await;
        wait_until(|| runner.pulse().not_ready().is_none()).await;
        let renewed = "select lease_until > now() + interval '20 s' from prov.jobs";
        world.until(renewed).await;
        let is_same: bool = world
            .ask("select state = 'running' and attempt = 1 and crashes = 0 from prov.jobs")
            .await;
        assert!(is_same, "{how:?}");
        assert_eq!(runs.count(), 1, "{how:?}");
    }
    world.enqueue("m", None, "k", 1).await;
    runs.reach(2).await;
    world.run("select prov.cancel(id) from prov.jobs").await;
    world.until("select count(*) = 0 from prov.jobs").await;
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// An outage that is longer than the lease: the work stops by itself, and is done again as one crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn fault_14_the_database_is_gone_for_longer_than_a_lease() {
    let server = Server::start(Options::default());
    let mut world = World::on(&server).await;
    let job = MadeUp::long();
    let runs = job.runs();
    let runner = start(&world, job, crate::child::settings(Duration::from_secs(2)));
    world.enqueue("l", None, "k", 1).await;
    runs.reach(1).await;
    tokio::task::block_in_place(|| server.stop(Stop::Immediate));
    wait_until(|| runner.pulse().not_ready().is_some()).await;
    // As long as a lease holds, by the same clock that leases are counted by.
    tokio::time::sleep(Duration::from_secs(3)).await;
    tokio::task::block_in_place(|| server.resume());
    world.reconnect().await;
    runs.reach(2).await;
    let is_one_crash: bool = world
        .ask("select attempt = 1 and crashes = 1 from prov.jobs")
        .await;
    assert!(is_one_crash);
    world.run("select prov.cancel(id) from prov.jobs").await;
    world.until("select count(*) = 0 from prov.jobs").await;
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// The database can be read and not written to: not ready, no crash loop, and it goes on by itself.
#[tokio::test]
async fn fault_46_a_database_that_takes_no_writes() {
    let world = World::new().await;
    let settings = provisioner_daemon::runner::Settings {
        database_fresh: Duration::from_secs(1),
        ..quick()
    };
    let runner = start(&world, MadeUp::done(), settings);
    let pulse = runner.pulse();
    wait_until(|| pulse.not_ready().is_none()).await;
    let no_writes = Some("the database takes no writes");
    world
        .make_read_only(true, || pulse.not_ready() == no_writes)
        .await;
    assert_eq!(pulse.stuck(), None);
    world.enqueue("l", None, "k", 1).await;
    world
        .make_read_only(false, || pulse.not_ready().is_none())
        .await;
    world.until(DONE).await;
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// The database's disk is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn fault_46_a_full_disk() {
    let server = Server::start(Options {
        data: Data::OwnDisk(300 << 20),
        // One that comes and goes by itself would be seen by chance only.
        settings: &[("restart_after_crash", "off")],
    });
    if !server.has_own_disk() {
        eprintln!("skipped: a file system of its own needs root");
        return;
    }
    let mut world = World::on(&server).await;
    let settings = provisioner_daemon::runner::Settings {
        database_fresh: Duration::from_secs(1),
        ..quick()
    };
    let runner = start(&world, MadeUp::done(), settings);
    let pulse = runner.pulse();
    wait_until(|| pulse.not_ready().is_none()).await;
    let filler = tokio::task::block_in_place(|| Filler::fill(&server));
    // More than what PostgreSQL has set aside.
    let refused = world
        .sql
        .batch_execute(
            "create table filler as select md5(n::text) from generate_series(1, 5000000) n",
        )
        .await;
    assert!(refused.is_err());
    use_up_the_log(&world).await;
    wait_until(|| pulse.not_ready() == Some("the database takes no writes")).await;
    assert_eq!(pulse.stuck(), None);
    wait_until(|| !server.is_running()).await;
    drop(filler);
    tokio::task::block_in_place(|| server.resume());
    world.reconnect().await;
    world.enqueue("l", None, "k", 1).await;
    world.until(DONE).await;
    wait_until(|| pulse.not_ready().is_none()).await;
    assert_eq!(pulse.stuck(), None);
    runner.drain().await;
    invariants::check_queue(&world).await;
}

/// What is written to rows that are there goes on until the log cannot grow. Then PostgreSQL gives up.
async fn use_up_the_log(world: &World) {
    let log = "select count(pg_logical_emit_message(false, '', repeat('x', 1000000))) \
         from generate_series(1, 1000)";
    assert!(world.sql.batch_execute(log).await.is_err());
}

/// The rows of an instance come from an older backup: what there is outside is found, and nothing is made anew.
#[tokio::test]
async fn fault_44_rows_are_lost_by_a_restore() {
    let stage = Stage::before(&LIVES[1]).await;
    let before = stage.outside.place(stage.instance);
    stage
        .world
        .run(
            "update instances set status = 'provisioning', observed_gen = 0, progress = '[]', progress_gen = 0, \
             internal_urls = '{}', status_deadline = now() + interval '10 min' where subdomain = 'ann-1'",
        )
        .await;
    let runner = reconcile::start(&stage.world, &stage.outside, quick());
    stage
        .world
        .run("select prov.enqueue_instance(id) from instances where subdomain = 'ann-1'; select prov.ring(0)")
        .await;
    stage.world.until_settled(stage.instance, "running").await;
    runner.drain().await;
    let after = stage.outside.place(stage.instance);
    assert_eq!((after.writes, after.parts), (before.writes, before.parts));
    stage.check().await;
}

/// The whole database is older than the outside, and gives out fences that the outside has seen: they are raised.
#[tokio::test]
async fn fault_45_the_database_is_older_than_the_outside() {
    let stage = Stage::before(&LIVES[1]).await;
    stage
        .outside
        .change(stage.instance, |place| place.anchor += 5000);
    let anchor = stage.outside.place(stage.instance).anchor;
    let runner = reconcile::start(&stage.world, &stage.outside, quick());
    stage.world.wish(stage.instance, LIVES[1].wish).await;
    stage.world.until_settled(stage.instance, "running").await;
    runner.drain().await;
    assert!(stage.outside.place(stage.instance).anchor > anchor);
    stage.check().await;
}

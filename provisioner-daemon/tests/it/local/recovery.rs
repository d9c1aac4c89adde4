//! What goes wrong on the machine: the owner reads what it is, and it goes on by itself when that is over.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::made_up::run;
use super::{Stage, exists, is_root, wait_for};
use crate::world::connect;

/// A part that ends again and again is started with growing pauses; the operator's log has its last lines, the
/// owner a sentence.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_ends_again_and_again_is_told_and_tried() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let death = stage.home(instance).join("die-mindroom");
    std::fs::write(&death, "").unwrap();
    stage.kill(instance, "mindroom");
    stage
        .until_reason("error", "MindRoom ends again and again")
        .await;
    let log = std::fs::read_to_string(stage.log()).unwrap();
    assert!(log.contains("mindroom was told to die"), "{log}");
    assert!(
        !stage.has_said("told to die").await,
        "raw output is not for owners"
    );
    assert!(stage.process(instance, "synapse").is_some());

    // A restart that somebody asks for does not wait for the pause: it is tried at once, and told anew.
    stage.world.run("truncate reasons").await;
    stage
        .world
        .wish(instance, "restart_gen = restart_gen + 1")
        .await;
    let is_told_anew =
        "select exists (select 1 from reasons where reason like '%ends again and again%')";
    stage.world.until(is_told_anew).await;

    std::fs::remove_file(death).unwrap();
    stage.until(instance, "running").await;
    let is_clear: bool = stage
        .world
        .ask("select status_reason is null from instances")
        .await;
    assert!(is_clear);
    daemon.end().await;
}

/// Synapse commits its first tables in pieces, and does not start on some of them: cut off in between, by a database
/// that goes away or a kill, it would never come up. What it finished once is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_making_was_cut_off_is_made_anew() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let name = store::daemon::instance_databases::name(instance);
    for (version, is_kept) in [
        ("", false),
        ("insert into schema_version values (94)", true),
    ] {
        stage
            .world
            .wish(instance, "desired_state = 'stopped'")
            .await;
        stage.until(instance, "stopped").await;
        let database = connect(&name).await;
        let cut_off = format!(
            "set role {name}; create table if not exists schema_version (version integer); \
             create table background_updates (name text); {version}"
        );
        database.batch_execute(&cut_off).await.unwrap();
        drop(database);
        stage
            .world
            .wish(instance, "desired_state = 'running'")
            .await;
        stage.until(instance, "running").await;
        let row = connect(&name)
            .await
            .query_one("select to_regclass('background_updates') is not null", &[])
            .await;
        assert_eq!(row.unwrap().get::<_, bool>(0), is_kept);
    }
    daemon.end().await;
}

/// Another program listens on the ports of an instance that was stopped.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_whose_ports_are_taken_gets_others() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let before = stage.ports(instance);
    stage
        .world
        .wish(instance, "desired_state = 'stopped'")
        .await;
    stage.until(instance, "stopped").await;
    let _thieves = [before.0, before.1].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    stage
        .world
        .wish(instance, "desired_state = 'running'")
        .await;
    stage.until(instance, "running").await;
    let after = stage.ports(instance);
    assert!(after.0 != before.0 && after.1 != before.1);
    assert!(stage.has_said("has taken its port").await);
    let urls: String = stage
        .world
        .ask("select internal_urls::text from instances")
        .await;
    assert!(
        urls.contains(&after.0.to_string()) && urls.contains(&after.1.to_string()),
        "{urls}"
    );
    daemon.end().await;
}

/// A homeserver dies and its port is taken before it is up again: MindRoom, which looks for it there, moves too.
#[tokio::test(flavor = "multi_thread")]
async fn a_homeserver_whose_port_is_taken_under_it_takes_mindroom_along() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let before = stage.ports(instance);
    let mindroom = stage.process(instance, "mindroom");
    let death = stage.home(instance).join("die-synapse");
    std::fs::write(&death, "").unwrap();
    stage.kill(instance, "synapse");
    let thief = OnceCell::new();
    // the kernel closes what a killed process listened on a moment later
    wait_for(|| {
        TcpListener::bind(("127.0.0.1", before.0)).is_ok_and(|taken| thief.set(taken).is_ok())
    });
    std::fs::remove_file(death).unwrap();
    stage
        .world
        .until("select exists (select 1 from reasons where reason like '%taken its port%')")
        .await;
    stage.until(instance, "running").await;
    assert_ne!(stage.ports(instance).0, before.0);
    let now = stage.process(instance, "mindroom");
    assert!(now.is_some() && now != mindroom);
    daemon.end().await;
}

/// A small file system, mounted as long as this lives.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path) -> Self {
        let mut mount = Command::new("mount");
        run(mount
            .args([
                "-t",
                "tmpfs",
                "-o",
                "size=160m,mode=0711",
                "local-driver-test",
            ])
            .arg(at));
        Self(at.to_owned())
    }

    /// Writes until nothing more goes in.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            let chunk = vec![0; size];
            while let Ok(1..) = file.write(&chunk).map_err(|error| {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
            }) {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_waited_for() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::mount(folder.path());
    // Its processes end before the disk goes.
    let stage = Stage::in_folder(folder).await;
    let daemon = stage.daemon();
    let (old, doomed) = (stage.instance("ann-1").await, stage.instance("ann-2").await);
    stage.until(old, "running").await;
    stage.until(doomed, "running").await;

    let filler = disk.fill();
    stage.kill(old, "mindroom");
    let is_told = format!(
        "select status = 'error' and status_reason like '%disk is full%' from instances where id = '{old}'"
    );
    stage.world.until(&is_told).await;
    let new = stage.instance("ann-3").await;
    stage
        .world
        .until(&is_told.replace(&old.to_string(), &new.to_string()))
        .await;
    // What is there can be removed, which makes room.
    stage.world.wish(doomed, "desired_state = 'deleted'").await;
    stage.until(doomed, "deprovisioned").await;
    assert!(!exists(&stage.state.dir(doomed)));

    std::fs::remove_file(filler).unwrap();
    stage.until(old, "running").await;
    stage.until(new, "running").await;
    wait_for(|| stage.process(new, "mindroom").is_some());
    daemon.end().await;
    drop(stage);
    drop(disk);
}

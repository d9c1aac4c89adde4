//! A deleted instance: its data is kept as long as was promised, and then nothing is left.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use uuid::Uuid;

use super::{Stage, exists, wait_for};
use crate::end_to_end::processes;
use crate::world::connect;

/// Every place where something of an instance is.
struct Traces {
    instance: Uuid,
    user: u32,
    ports: (u16, u16),
    group: Option<PathBuf>,
}

impl Traces {
    fn of(stage: &Stage, instance: Uuid) -> Self {
        let pid = stage.process(instance, "mindroom").unwrap();
        let membership = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
        let name = format!("/mindroom/{instance}");
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        let mount = mounts.lines().find(|line| line.contains(" - cgroup2 "));
        let group = mount
            .filter(|_| membership.contains(&name))
            .map(|line| PathBuf::from(line.split(' ').nth(4).unwrap()).join(&name[1..]));
        Self {
            instance,
            user: std::fs::metadata(format!("/proc/{pid}")).unwrap().uid(),
            ports: stage.ports(instance),
            group,
        }
    }

    /// Processes of the instance, also those that no longer name it.
    fn processes(&self, stage: &Stage) -> usize {
        let named = processes(&stage.state, self.instance).len();
        if self.user == 0 || self.user == nix::unistd::geteuid().as_raw() {
            return named;
        }
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let numbers = entries.filter(|entry| {
            let name = entry.file_name();
            name.to_str()
                .is_some_and(|name| name.parse::<u32>().is_ok())
        });
        let theirs = numbers.filter(|entry| {
            let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            let is_living = !status.contains("State:\tZ");
            entry
                .metadata()
                .is_ok_and(|folder| folder.uid() == self.user)
                && is_living
        });
        theirs.count().max(named)
    }

    async fn databases_and_roles(&self) -> i64 {
        let name = format!("instance_{}", self.instance.simple());
        let query = "select (select count(*) from pg_database where datname = $1) \
                     + (select count(*) from pg_roles where rolname = $1)";
        let row = connect("postgres").await.query_one(query, &[&name]).await;
        row.unwrap().get(0)
    }

    fn are_ports_free(&self) -> bool {
        [self.ports.0, self.ports.1]
            .into_iter()
            .all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_instance_is_kept_for_a_while_and_then_gone() {
    let stage = Stage::new().await;
    let mut command = stage.command();
    command.env("RETENTION", "3600");
    let daemon = stage.daemon_by(command);
    let (instance, other) = (stage.instance("ann-1").await, stage.instance("ann-2").await);
    stage.until(instance, "running").await;
    stage.until(other, "running").await;
    // Its MindRoom starts others, one of which gets away from it.
    let leave = stage.home(instance).join("leave-mindroom");
    std::fs::write(&leave, "").unwrap();
    stage.kill(instance, "mindroom");
    wait_for(|| stage.process(instance, "mindroom").is_some());
    stage.until(instance, "running").await;
    let traces = Traces::of(&stage, instance);
    let is_confined = traces.user != nix::unistd::geteuid().as_raw();
    if is_confined {
        assert_eq!(traces.processes(&stage), 4);
    }

    stage
        .world
        .wish(instance, "desired_state = 'deleted'")
        .await;
    stage
        .until_reason("deprovisioning", "kept for a while")
        .await;
    assert_eq!(traces.processes(&stage), 0);
    assert!(traces.are_ports_free());
    assert_eq!(traces.databases_and_roles().await, 2);
    assert!(exists(
        &stage.state.dir(instance).join("mindroom/config.yaml")
    ));

    stage
        .world
        .run(&format!(
            "update instances set status_since = now() - interval '2 h' where id = '{instance}'; \
             update prov.jobs set run_at = now() where lane = 'instance:{instance}'; select prov.ring(0)"
        ))
        .await;
    stage.until(instance, "deprovisioned").await;
    assert_eq!(traces.processes(&stage), 0);
    assert!(traces.are_ports_free());
    assert_eq!(traces.databases_and_roles().await, 0);
    assert!(!exists(&stage.state.dir(instance)));
    assert!(traces.group.is_none_or(|group| !exists(&group)));
    let left: i64 = stage
        .world
        .ask(&format!(
            "select count(*) from instance_secrets where instance = '{instance}'"
        ))
        .await;
    assert_eq!(left, 0);
    assert_eq!(
        processes(&stage.state, other).len(),
        2,
        "the other is not touched"
    );
    daemon.end().await;
}

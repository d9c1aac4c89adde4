//! Many instances at once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::Stage;
use crate::end_to_end::{Daemon, install, processes};

const COUNT: usize = 20;

/// Brings them up at once, each of an account of its own, and looks at each.
async fn bring_up(stage: &Stage, patience: Duration) -> (Vec<Uuid>, Duration) {
    let mut instances = Vec::new();
    for number in 0..COUNT {
        let account = Uuid::from_u128(1000 + u128::try_from(number).unwrap());
        let email = format!("owner{number}@example.com");
        stage
            .world
            .account(account, &email, &format!("cus_{number}"))
            .await;
        let name = format!("many-{number}");
        instances.push(stage.world.instance(account, &name).await);
    }
    let began = Instant::now();
    stage
        .world
        .run("select prov.enqueue_instance(id) from instances; select prov.ring(0)")
        .await;
    let are_up = "select count(*) = 20 from instances where status = 'running' and observed_gen = desired_gen";
    stage.world.until_for(are_up, patience).await;
    let took = began.elapsed();
    let pids: HashSet<u32> = instances
        .iter()
        .flat_map(|instance| processes(&stage.state, *instance))
        .collect();
    assert_eq!(pids.len(), 2 * COUNT);
    let ports: HashSet<u16> = instances
        .iter()
        .flat_map(|instance| <[u16; 2]>::from(stage.ports(*instance)))
        .collect();
    assert_eq!(ports.len(), 2 * COUNT, "no port is shared");
    (instances, took)
}

async fn remove(stage: &Stage, daemon: Daemon, instances: &[Uuid], patience: Duration) -> Duration {
    let began = Instant::now();
    for instance in instances {
        stage
            .world
            .wish(*instance, "desired_state = 'deleted'")
            .await;
    }
    let are_gone = "select count(*) = 20 from instances where status = 'deprovisioned'";
    stage.world.until_for(are_gone, patience).await;
    for instance in instances {
        assert!(processes(&stage.state, *instance).is_empty());
        assert!(!stage.state.dir(*instance).exists());
    }
    let took = began.elapsed();
    daemon.end().await;
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_instances_at_once() {
    let patience = Duration::from_mins(5);
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let (instances, _) = bring_up(&stage, patience).await;
    remove(&stage, daemon, &instances, patience).await;
}

/// Resident memory of a process in MiB.
fn resident_mib(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kib / 1024.0
}

/// Prints what they take.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "7 GB and some minutes: cargo xtask test crowd"]
async fn twenty_real_instances_at_once() {
    let patience = Duration::from_mins(30);
    let stage = Stage::new().await;
    install(&stage.state).await;
    let daemon = stage.daemon_by(stage.state.command(&stage.world));
    let (instances, took) = bring_up(&stage, patience).await;
    let pids = instances
        .iter()
        .flat_map(|instance| processes(&stage.state, *instance));
    let memory: f64 = pids.map(resident_mib).sum();
    let removed = remove(&stage, daemon, &instances, patience).await;
    println!(
        "{COUNT} instances: running after {:.0} s, {memory:.0} MiB resident ({:.0} each), removed in {:.0} s",
        took.as_secs_f64(),
        memory / 20.0,
        removed.as_secs_f64()
    );
}

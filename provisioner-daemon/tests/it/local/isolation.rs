//! Whose the processes of instances are, what those may read and change, and what bounds them.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::Pid;
use uuid::Uuid;

use super::{Stage, is_root};
use crate::end_to_end::processes;

fn user(pid: u32) -> u32 {
    std::fs::metadata(format!("/proc/{pid}")).unwrap().uid()
}

/// The user of an instance's processes, who is one.
fn user_of(stage: &Stage, instance: Uuid) -> u32 {
    let users: Vec<u32> = processes(&stage.state, instance)
        .into_iter()
        .map(user)
        .collect();
    assert_eq!(users.len(), 2);
    assert_eq!(users[0], users[1]);
    users[0]
}

/// Whether a command of the shell works for a user.
fn works_for(user: u32, command: &str, path: &Path) -> bool {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("{command} \"$0\"")])
        .arg(path)
        .uid(user)
        .gid(user)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell.status().unwrap().success()
}

/// All files and folders below one.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            let inner = if path.is_dir() {
                below(&path)
            } else {
                Vec::new()
            };
            std::iter::once(path).chain(inner)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_instance_is_a_user_who_reads_no_other() {
    if !is_root() {
        return;
    }
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let (ann, bob) = (stage.instance("ann-1").await, stage.instance("bob-1").await);
    stage.until(ann, "running").await;
    stage.until(bob, "running").await;
    let users = (user_of(&stage, ann), user_of(&stage, bob));
    let range = 1_900_000_000..1_901_000_000;
    assert!(range.contains(&users.0) && range.contains(&users.1) && users.0 != users.1);

    let files = below(&stage.state.dir(bob));
    let named = |name: &str| files.iter().any(|path| path.ends_with(name));
    for name in [
        "synapse/homeserver.yaml",
        "synapse/signing.key",
        "synapse/registration.secret",
    ] {
        assert!(named(name), "{name}");
    }
    assert!(
        named("mindroom/config.yaml") && named("logs/synapse.log") && named("run/synapse.json")
    );
    for path in &files {
        assert!(
            !works_for(users.0, "cat", path),
            "ann reads {}",
            path.display()
        );
        assert!(
            !works_for(users.0, "ls", path),
            "ann lists {}",
            path.display()
        );
        assert!(
            !works_for(users.0, "touch", path),
            "ann changes {}",
            path.display()
        );
    }
    for pid in processes(&stage.state, bob) {
        let environment = PathBuf::from(format!("/proc/{pid}/environ"));
        assert!(!works_for(users.0, "cat", &environment));
    }
    let own = stage.state.dir(ann);
    what_is_its_own(users.0, &own);
    what_is_the_platforms(&stage, users.0, &own);

    // It stays the same user, over another daemon and a stop.
    daemon.end().await;
    let daemon = stage.daemon();
    for (wish, status) in [("stopped", "stopped"), ("running", "running")] {
        stage
            .world
            .wish(ann, &format!("desired_state = '{wish}'"))
            .await;
        stage.until(ann, status).await;
    }
    assert_eq!(user_of(&stage, ann), users.0);
    daemon.end().await;
}

fn what_is_its_own(user: u32, own: &Path) {
    for (command, path) in [
        ("cat", "synapse/homeserver.yaml"),
        ("touch", "synapse/media/upload"),
        ("cat", "mindroom/config.yaml"),
        ("touch", "mindroom/config.yaml"),
        ("touch", "home/tmp/scratch"),
    ] {
        assert!(
            works_for(user, command, &own.join(path)),
            "{command} {path}"
        );
    }
    // What the daemon goes by is not the instance's to change.
    for (command, path) in [
        ("touch", "synapse/homeserver.yaml"),
        ("rm -f", "synapse/homeserver.yaml"),
        ("touch", "synapse/other"),
        ("touch", "other"),
        ("ls", "."),
        ("cat", "fence"),
        ("cat", "run/synapse.json"),
        ("touch", "run/synapse.json"),
        ("cat", "logs/synapse.log"),
        ("cat", "ports.json"),
    ] {
        assert!(
            !works_for(user, command, &own.join(path)),
            "{command} {path}"
        );
    }
}

fn what_is_the_platforms(stage: &Stage, user: u32, own: &Path) {
    let folder = stage.state.0.path();
    for path in [folder, own.parent().unwrap()] {
        assert!(!works_for(user, "ls", path), "ls {}", path.display());
    }
    // Whoever can open a lock can hold it.
    for path in [
        folder.join("provisioner.lock"),
        stage.runtimes.path().join("lock"),
    ] {
        assert!(
            path.exists() && !works_for(user, "cat", &path),
            "{}",
            path.display()
        );
    }
    let software = below(stage.runtimes.path());
    let module = software
        .iter()
        .find(|path| path.ends_with("synapse/app/homeserver.py"));
    let module = module.unwrap();
    assert!(works_for(user, "cat", module));
    for command in ["touch", "rm -f"] {
        assert!(!works_for(user, command, module), "{command}");
    }
}

/// A line of `/proc/<pid>/limits`.
fn limit(pid: Pid, name: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let soft = line.unwrap().split_whitespace().next();
    soft.unwrap().to_owned()
}

/// The folder of version 2's control groups, where root may make some.
fn control_groups() -> Option<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let line = mounts.lines().find(|line| line.contains(" - cgroup2 "))?;
    let folder = PathBuf::from(line.split(' ').nth(4)?);
    (nix::unistd::geteuid().is_root() && works_for(0, "test -w", &folder)).then_some(folder)
}

/// Memory, processors and processes are bounded by the plan: by a control group as far as the kernel has its
/// controllers, and each process by itself as far as not. A change of plan is heeded while it runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_bounds_what_an_instance_uses() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let small = domain::Plan::Hobby.resources();
    let pid = stage.process(instance, "mindroom").unwrap();
    assert_eq!(limit(pid, "Max core file size"), "0");
    if is_root() {
        assert_eq!(limit(pid, "Max processes"), small.tasks.to_string());
    }
    let memory = u64::from(small.memory_mib) << 20;
    let Some(group) = control_groups().map(|all| all.join(format!("mindroom/{instance}"))) else {
        assert_eq!(limit(pid, "Max data size"), memory.to_string());
        daemon.end().await;
        return;
    };
    let inside = std::fs::read_to_string(group.join("cgroup.procs")).unwrap();
    for part in ["synapse", "mindroom"] {
        let pid = stage.process(instance, part).unwrap().to_string();
        assert!(inside.lines().any(|line| line == pid), "{part}: {inside}");
    }
    let has = |file: &str| group.join(file).exists();
    let value = |file: &str| {
        std::fs::read_to_string(group.join(file))
            .unwrap()
            .trim()
            .to_owned()
    };
    if has("memory.max") {
        assert_eq!(value("memory.max"), memory.to_string());
    } else {
        assert_eq!(limit(pid, "Max data size"), memory.to_string());
    }
    let pro = domain::Plan::Pro.resources();
    stage.world.wish(instance, "tier = 'pro'").await;
    stage.until(instance, "running").await;
    if has("pids.max") {
        assert_eq!(value("pids.max"), pro.tasks.to_string());
    }
    if has("cpu.max") {
        assert_eq!(value("cpu.max"), format!("{} 100000", pro.cpu_millis * 100));
    }
    assert_eq!(stage.process(instance, "mindroom"), Some(pid), "it runs on");
    daemon.end().await;
}

/// More memory than the plan gives is not to be had, and the owner reads that something is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_eats_all_memory_is_stopped_at_its_bound() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let instance = stage.instance("ann-1").await;
    stage.until(instance, "running").await;
    let hunger = stage.home(instance).join("eat-mindroom");
    std::fs::write(&hunger, "").unwrap();
    stage.kill(instance, "mindroom");
    stage
        .until_reason("error", "started again with growing pauses")
        .await;
    assert!(
        stage.process(instance, "synapse").is_some(),
        "the other part runs on"
    );
    std::fs::remove_file(hunger).unwrap();
    stage.until(instance, "running").await;
    daemon.end().await;
}

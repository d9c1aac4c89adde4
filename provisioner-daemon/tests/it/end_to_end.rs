//! The daemon's own program with real Synapse and MindRoom: made, killed in between, used, stopped, deleted.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use uuid::Uuid;

use crate::instance_api::Api;
use crate::world::{ACCOUNT, World, connect, url};

const PROGRAM: &str = env!("CARGO_BIN_EXE_provisioner-daemon");
/// Installing takes a minute on first use; starting takes seconds, more where the machine is busy.
const INSTALL: Duration = Duration::from_mins(15);
pub(crate) const START: Duration = Duration::from_mins(3);

/// A state folder whose instances end with the test.
pub(crate) struct State(pub(crate) tempfile::TempDir);

impl State {
    pub(crate) fn command(&self, world: &World) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .env("DATABASE_URL", world.daemon_url())
            .env("INSTANCE_DATABASE_URL", url("instance_admin", "postgres"))
            .env("STRIPE_API_URL", "http://127.0.0.1:9")
            .env("STRIPE_SECRET_KEY", "sk_test_1")
            .env("STRIPE_PRICES", "hobby_monthly=price_1")
            .env("PUBLIC_URL", "http://mindroom.localhost:8080")
            .env("STATE_DIR", self.0.path())
            .env("MINDROOM_RUNTIMES_DIR", runtimes())
            .args(["--listen", "127.0.0.1:0", "--driver", "local"]);
        command
    }

    pub(crate) fn daemon(&self, world: &World) -> Daemon {
        Daemon::start(self.command(world))
    }

    pub(crate) fn dir(&self, instance: Uuid) -> PathBuf {
        self.0.path().join("instances").join(instance.to_string())
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let stop = Command::new(PROGRAM)
            .args(["stop-instances", "--state-dir"])
            .arg(self.0.path())
            .status();
        assert!(stop.is_ok_and(|status| status.success()) || std::thread::panicking());
    }
}

/// Killed with the test at the latest.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    url: String,
}

impl Daemon {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().strip_prefix("Serving ");
        let url = url.expect("the daemon serves").to_owned();
        Self { child, url }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) async fn end(mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        let ended =
            tokio::task::spawn_blocking(move || self.child.wait().map(|status| (status, self)));
        let (status, _) = tokio::time::timeout(Duration::from_secs(40), ended)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Shared by all runs of the tests.
fn runtimes() -> PathBuf {
    let set = std::env::var_os("MINDROOM_RUNTIMES_DIR").map(PathBuf::from);
    set.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/runtimes"))
}

pub(crate) async fn install(state: &State) {
    let path = state.0.path().to_owned();
    let install = tokio::task::spawn_blocking(move || {
        Command::new(PROGRAM)
            .args(["install-runtimes", "--state-dir"])
            .arg(path)
            .env("MINDROOM_RUNTIMES_DIR", runtimes())
            .env("MINDROOM_REQUIRED", "1")
            .status()
    });
    let status = tokio::time::timeout(INSTALL, install)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(status.success(), "Synapse and MindRoom can be installed");
}

pub(crate) async fn until_status(world: &World, status: &str) {
    let arrived =
        format!("select status = '{status}' and observed_gen = desired_gen from instances");
    world.until_for(&arrived, START).await;
}

/// Living processes that have the instance's folder among their arguments.
pub(crate) fn processes(state: &State, instance: Uuid) -> Vec<u32> {
    let dir = state.dir(instance);
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let mut found: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let has = |name: &str| {
                let marker = dir.join(name);
                line.split(|byte| *byte == 0)
                    .any(|arg| arg == marker.as_os_str().as_encoded_bytes())
            };
            has("synapse/homeserver.yaml") || has("mindroom/config.yaml")
        })
        .collect();
    found.sort_unstable();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_lives_through_everything() {
    let world = World::new().await;
    let state = State(tempfile::tempdir().unwrap());
    install(&state).await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    world
        .run("select prov.enqueue_instance(id) from instances")
        .await;

    // Killed when Synapse has just been started.
    let daemon = state.daemon(&world);
    world
        .until_for(
            "select exists (select 1 from instance_events where name = 'homeserver')",
            START,
        )
        .await;
    daemon.kill();
    let daemon = state.daemon(&world);
    until_status(&world, "running").await;
    assert_eq!(
        processes(&state, instance).len(),
        2,
        "one Synapse and one MindRoom"
    );
    let is_whole: bool = world
        .ask(
            "select owner_matrix_id = '@ann:ann-1.mindroom.localhost' and mindroom_version is not null \
             and notice is null and (select bool_and(s->>'state' = 'done') from jsonb_array_elements(progress) s) \
             from instances",
        )
        .await;
    assert!(is_whole);
    let api = Api::new(&world).await;
    assert_eq!(api.dashboard().await, 200);
    assert_eq!(api.login("wrong").await, Err(403));
    check_isolation(&world, &state, instance).await;

    adoption(&world, &state, instance, daemon).await;
}

/// What another role or account of this machine must not see.
async fn check_isolation(world: &World, state: &State, instance: Uuid) {
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = state.dir(instance);
    // As root the instance's own group may pass through and read what it needs.
    let is_root = nix::unistd::geteuid().is_root();
    let (folder, file) = if is_root {
        (0o710, 0o640)
    } else {
        (0o700, 0o600)
    };
    assert_eq!(mode(&dir), folder);
    assert_eq!(mode(&dir.join("synapse/homeserver.yaml")), file);
    assert_eq!(mode(&dir.join("synapse/registration.secret")), file);
    assert_eq!(mode(&dir.join("mindroom")), 0o700);
    assert_eq!(mode(&dir.join("logs")), 0o700);
    let database = format!("instance_{}", instance.simple());
    let may_connect: bool = world
        .ask(&format!(
            "select has_database_privilege('mindroom_daemon', '{database}', 'connect')"
        ))
        .await;
    assert!(!may_connect);
    for pid in processes(state, instance) {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
        let text = String::from_utf8_lossy(&environment);
        for secret in ["DATABASE_URL", "STRIPE"] {
            assert!(
                !text.contains(secret),
                "{secret} is in the environment of an instance"
            );
        }
    }
}

/// A new daemon finds the same processes; a dead one is started again; the first password goes when used.
async fn adoption(world: &World, state: &State, instance: Uuid, daemon: Daemon) {
    let before = processes(state, instance);
    daemon.end().await;
    let daemon = state.daemon(world);
    assert!(daemon.url.starts_with("http://127.0.0.1:"));
    assert_eq!(
        processes(state, instance),
        before,
        "processes outlive a daemon"
    );

    let victim = nix::unistd::Pid::from_raw(i32::try_from(before[0]).unwrap());
    nix::sys::signal::kill(victim, nix::sys::signal::Signal::SIGKILL).unwrap();
    world
        .until_for("select status <> 'running' from instances", START)
        .await;
    until_status(world, "running").await;
    let after = processes(state, instance);
    assert!(
        after.len() == 2 && !after.contains(&before[0]) && after.contains(&before[1]),
        "{before:?} {after:?}"
    );

    let api = Api::new(world).await;
    let password: String = world
        .ask("select value from instance_secrets where name = 'owner_password'")
        .await;
    let token = api.login(&password).await.unwrap();
    api.join_lobby(&token).await;
    world
        .until_for(
            "select not exists (select 1 from instance_secrets where name = 'owner_password')",
            START,
        )
        .await;

    restart_stop_start_delete(world, state, instance, after).await;
    daemon.end().await;
}

async fn restart_stop_start_delete(world: &World, state: &State, instance: Uuid, before: Vec<u32>) {
    world.wish(instance, "restart_gen = restart_gen + 1").await;
    until_status(world, "running").await;
    let restarted = processes(state, instance);
    assert!(restarted.len() == 2 && restarted.iter().all(|pid| !before.contains(pid)));

    world.wish(instance, "desired_state = 'stopped'").await;
    until_status(world, "stopped").await;
    assert!(processes(state, instance).is_empty());
    world.wish(instance, "desired_state = 'running'").await;
    until_status(world, "running").await;
    assert_eq!(Api::new(world).await.dashboard().await, 200);

    world.wish(instance, "desired_state = 'deleted'").await;
    until_status(world, "deprovisioned").await;
    assert!(processes(state, instance).is_empty());
    assert!(!state.dir(instance).exists());
    let name = format!("instance_{}", instance.simple());
    let left = connect("postgres")
        .await
        .query_one(
            "select (select count(*) from pg_database where datname = $1) + (select count(*) from pg_roles where rolname = $1)",
            &[&name],
        )
        .await
        .unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
    let secrets: i64 = world.ask("select count(*) from instance_secrets").await;
    assert_eq!(secrets, 0);
    let is_told: bool = world
        .ask("select deprovisioned_at is not null and internal_urls = '{}' from instances")
        .await;
    assert!(is_told);
}

/// Where nothing can be downloaded the instance says so, and comes up once it can.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_the_instance_waits_and_recovers() {
    let world = World::new().await;
    let state = State(tempfile::tempdir().unwrap());
    install(&state).await;
    world.instance(ACCOUNT, "ann-1").await;
    world
        .run("select prov.enqueue_instance(id) from instances")
        .await;
    // Closed to other users: then it does not matter whether they could enter the shared environments.
    let closed = state.0.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
    let folder = closed.join("python");
    let interrupted = folder.join("matrix-synapse-1.163.2.interrupted");
    std::fs::create_dir_all(&interrupted).unwrap();
    let mut command = state.command(&world);
    command
        .env("MINDROOM_RUNTIMES_DIR", &folder)
        .env("PIP_INDEX_URL", "http://127.0.0.1:9/")
        .env("PIP_RETRIES", "0")
        .env("UV_DEFAULT_INDEX", "http://127.0.0.1:9/")
        .env("UV_HTTP_RETRIES", "0");
    let daemon = Daemon::start(command);
    world
        .until_for(
            "select status = 'error' and status_reason like '%could not be installed%' from instances",
            START,
        )
        .await;
    assert!(
        !interrupted.exists(),
        "what an interrupted install left is gone"
    );

    place_runtimes(&folder);
    until_status(&world, "running").await;
    let is_clear: bool = world
        .ask("select status_reason is null from instances")
        .await;
    assert!(is_clear);
    daemon.end().await;
}

/// Puts the shared environments into another folder, as an installation would.
fn place_runtimes(folder: &Path) {
    let lock = std::fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    for entry in std::fs::read_dir(runtimes()).unwrap() {
        let marker = entry.unwrap().path();
        if marker.extension().is_some_and(|ending| ending == "ready") {
            let name = std::fs::read_to_string(&marker).unwrap();
            let environment = std::fs::canonicalize(runtimes().join(&name)).unwrap();
            std::os::unix::fs::symlink(environment, folder.join(&name)).unwrap();
            std::fs::copy(&marker, folder.join(marker.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn a_missing_secret_stops_the_start_with_its_name() {
    for (name, value) in [
        ("STRIPE_SECRET_KEY", ""),
        ("DATABASE_URL", ""),
        ("INSTANCE_DATABASE_URL", " "),
        ("STATE_DIR", ""),
    ] {
        let output = Command::new(PROGRAM)
            .env("DATABASE_URL", "postgres://x@127.0.0.1:1/x")
            .env("INSTANCE_DATABASE_URL", "postgres://x@127.0.0.1:1/x")
            .env("STRIPE_SECRET_KEY", "sk_test_1")
            .env("STRIPE_PRICES", "hobby_monthly=price_1")
            .env("PUBLIC_URL", "http://mindroom.localhost:8080")
            .env("STATE_DIR", "/nowhere")
            .env(name, value)
            .output()
            .unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(name), "{name}: {said}");
        assert!(!said.contains("sk_test_1"));
    }
}

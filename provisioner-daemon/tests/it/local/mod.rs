//! The local driver by its own program: whose its processes are, what bounds them, what becomes of them when
//! something goes wrong, and that nothing of them is left. Synapse and MindRoom are made up, as far as a test does
//! not say otherwise; the databases are real.

mod deletion;
mod installation;
mod isolation;
mod logs;
mod made_up;
mod many;
mod pause;
mod recovery;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use uuid::Uuid;

use crate::end_to_end::{Daemon, State, processes};
use crate::world::{ACCOUNT, PATIENCE, World};

/// A daemon's state, with made-up software for instances.
struct Stage {
    world: World,
    state: State,
    runtimes: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap()).await
    }

    async fn in_folder(folder: tempfile::TempDir) -> Self {
        let stage = Self {
            world: World::new().await,
            state: State(folder),
            runtimes: tempfile::tempdir().unwrap(),
        };
        made_up::install(stage.runtimes.path());
        // Which reasons an instance had, however shortly.
        stage
            .world
            .run(
                "create table reasons (reason text); \
                 create function note_reason() returns trigger language plpgsql security definer as \
                   $$ begin insert into public.reasons values (new.status_reason); return new; end $$; \
                 create trigger note_reason after update of status_reason on instances for each row \
                   when (new.status_reason is distinct from old.status_reason) execute function note_reason()",
            )
            .await;
        stage
    }

    fn command(&self) -> Command {
        let mut command = self.state.command(&self.world);
        command.env("MINDROOM_RUNTIMES_DIR", self.runtimes.path());
        command
    }

    fn daemon(&self) -> Daemon {
        self.daemon_by(self.command())
    }

    /// What it logs goes to a file, and to the next in the same.
    fn daemon_by(&self, mut command: Command) -> Daemon {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        command.env("NO_COLOR", "1").stderr(Stdio::from(log));
        Daemon::start(command)
    }

    fn log(&self) -> PathBuf {
        self.runtimes.path().join("daemon.log")
    }

    /// An instance of the first account that is wished to run.
    async fn instance(&self, name: &str) -> Uuid {
        let instance = self.world.instance(ACCOUNT, name).await;
        let enqueue = format!("select prov.enqueue_instance('{instance}'); select prov.ring(0)");
        self.world.run(&enqueue).await;
        instance
    }

    /// Waits until an instance is as it was last wished.
    async fn until(&self, instance: Uuid, status: &str) {
        self.world
            .until(&format!(
                "select status = '{status}' and observed_gen = desired_gen from instances where id = '{instance}'"
            ))
            .await;
    }

    /// Waits until an instance says what stands in its way.
    async fn until_reason(&self, status: &str, part: &str) {
        self.world
            .until(&format!(
                "select exists (select 1 from instances where status = '{status}' and status_reason like '%{part}%')"
            ))
            .await;
    }

    /// Whether an instance said so at any time.
    async fn has_said(&self, part: &str) -> bool {
        let query = format!("select exists (select 1 from reasons where reason like '%{part}%')");
        self.world.ask(&query).await
    }

    fn home(&self, instance: Uuid) -> PathBuf {
        self.state.dir(instance).join("home")
    }

    /// The process of a part, by the argument that no other has.
    fn process(&self, instance: Uuid, part: &str) -> Option<Pid> {
        let found = processes(&self.state, instance).into_iter().find(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&format!("/{part}/"))
        });
        found.map(|pid| Pid::from_raw(i32::try_from(pid).unwrap()))
    }

    /// Kills a part's process and waits until it is gone.
    fn kill(&self, instance: Uuid, part: &str) {
        let pid = self.process(instance, part).unwrap();
        kill(pid, Signal::SIGKILL).unwrap();
        wait_for(|| self.process(instance, part) != Some(pid));
    }

    fn ports(&self, instance: Uuid) -> (u16, u16) {
        let text = std::fs::read(self.state.dir(instance).join("ports.json")).unwrap();
        let ports: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let port = |part: &str| u16::try_from(ports[part].as_u64().unwrap()).unwrap();
        (port("synapse"), port("mindroom"))
    }
}

/// Waits until something outside is so.
fn wait_for(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "waited too long");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Whether a test that needs root goes on; CI runs as root and leaves none out.
fn is_root() -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: it needs root");
    }
    is_root
}

fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

//! What happens to a running job when its daemon is killed, and when it is asked to end. The daemons are processes of
//! their own, this program run again, with the daemon's runner and settings.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provisioner_daemon::runner::{Handler, JobContext, JobError, Outcome, Settings};
use store::daemon::jobs::LISTEN;
use tokio::signal::unix::{SignalKind, signal};
use tokio_postgres::Client;

use crate::sample;
use crate::world::{KIND, World, start};

/// One step of the job.
const STEP: Duration = Duration::from_millis(300);
/// The heartbeat's period, over which the kills are spread.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Each round has databases of its own, and the kills are waited for side by side.
pub(crate) async fn measure(rounds: usize) {
    let rounds_of_kills = (0..rounds).map(|round| killed(phase(round, rounds)));
    for seconds in futures::future::join_all(rounds_of_kills).await {
        sample("killed", seconds);
    }
    for round in 0..rounds {
        sample("asked to end", asked_to_end(phase(round, rounds)).await);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a handful of rounds")]
fn phase(round: usize, rounds: usize) -> f64 {
    f64::from(round as u32) / f64::from(rounds as u32)
}

/// Seconds from `kill -9` to the next claim of its job.
async fn killed(phase: f64) -> f64 {
    let stage = Stage::set().await;
    tokio::time::sleep(HEARTBEAT.mul_f64(phase)).await;
    stage.first.signal(Signal::SIGKILL);
    let at: f64 = stage.world.ask(NOW).await;
    stage.taken_again().await - at
}

/// Seconds from the end of the step under way at SIGTERM to the next claim of its job.
async fn asked_to_end(phase: f64) -> f64 {
    let stage = Stage::set().await;
    tokio::time::sleep(STEP.mul_f64(phase)).await;
    stage.first.signal(Signal::SIGTERM);
    let taken = stage.taken_again().await;
    let ended: f64 = stage
        .world
        .ask("select extract(epoch from max(ended))::float8 from prov.bench_steps where fence = (select min(fence) from prov.bench_steps)")
        .await;
    taken - ended
}

const NOW: &str = "select extract(epoch from clock_timestamp())::float8";

/// Two daemons, the first of which has the job.
struct Stage {
    world: World,
    first: Daemon,
    _second: Daemon,
    fence: i64,
}

impl Stage {
    async fn set() -> Self {
        let world = World::new().await;
        world
            .run(
                "create table prov.bench_steps (fence bigint, ended timestamptz); \
                 grant insert on prov.bench_steps to mindroom_daemon",
            )
            .await;
        let first = Daemon::start(&world.url());
        world.fill(1).await;
        world.run("select prov.ring(0)").await;
        let fence = loop {
            let query = "select max(fence) from prov.jobs where state = 'running'";
            if let Some(fence) = world.ask::<Option<i64>>(query).await {
                break fence;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        let second = Daemon::start(&world.url());
        let listening = "select exists (select from pg_stat_activity where query = $1 and state = 'idle' offset 1)";
        while !world
            .owner
            .query_one(listening, &[&LISTEN])
            .await
            .unwrap()
            .get::<_, bool>(0)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self {
            world,
            first,
            _second: second,
            fence,
        }
    }

    /// When the job was claimed once more, by the database's clock.
    async fn taken_again(&self) -> f64 {
        let query = format!(
            "select extract(epoch from max(claimed_at))::float8 from prov.jobs \
             where state = 'running' and fence > {}",
            self.fence
        );
        loop {
            if let Some(at) = self.world.ask::<Option<f64>>(&query).await {
                return at;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A daemon as a process of its own; killed with the value at the latest.
struct Daemon(Child);

impl Daemon {
    fn start(url: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["daemon", "--url", url]).stdin(Stdio::null());
        Self(command.stdout(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // ended already is as good
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What runs in the other process, until SIGTERM.
pub(crate) async fn daemon(url: &str) {
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let (steps, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let runner = start(url, Steps(steps), Settings::default());
    terminate.recv().await;
    runner.drain().await;
}

/// A job of steps without end, each of which is noted.
struct Steps(Client);

impl Handler for Steps {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        async move {
            loop {
                tokio::time::sleep(STEP).await;
                let note = "insert into prov.bench_steps values ($1, clock_timestamp())";
                let fence = cx.claim().fence;
                self.0
                    .execute(note, &[&fence])
                    .await
                    .map_err(JobError::transient)?;
                cx.may_go_on()?;
            }
        }
        .boxed()
    }
}

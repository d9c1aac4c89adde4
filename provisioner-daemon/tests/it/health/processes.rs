//! Real Synapse and MindRoom that live and do not answer, because somebody stopped their clocks.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use uuid::Uuid;

use crate::end_to_end::{START, State, install, processes, until_status};
use crate::instance_api::Api;
use crate::world::{ACCOUNT, World};

/// The instance's processes, as the driver writes them down.
struct Parts<'a> {
    state: &'a State,
    instance: Uuid,
}

impl Parts<'_> {
    fn record(&self, part: &str) -> Value {
        let file = self
            .state
            .dir(self.instance)
            .join(format!("run/{part}.json"));
        let text = std::fs::read(file).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn pid(&self, part: &str) -> i32 {
        let pid = self.record(part)["identity"]["pid"].as_i64();
        i32::try_from(pid.unwrap()).unwrap()
    }

    fn pids(&self) -> [i32; 2] {
        ["synapse", "mindroom"].map(|part| self.pid(part))
    }

    fn signal(&self, part: &str, signal: Signal) {
        kill(Pid::from_raw(self.pid(part)), signal).unwrap();
    }

    /// Waits until the daemon knows that both answer; until then a silent one may still be starting.
    async fn until_known(&self) {
        let began = Instant::now();
        while !["synapse", "mindroom"]
            .iter()
            .all(|part| self.record(part)["answered"] == true)
        {
            assert!(began.elapsed() < START, "it has not answered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn until_is(world: &World, status: &str) {
    world
        .until_for(&format!("select status = '{status}' from instances"), START)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wedged_processes_are_found_and_repaired() {
    let world = World::new().await;
    let state = State(tempfile::tempdir().unwrap());
    install(&state).await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    let parts = Parts {
        state: &state,
        instance,
    };
    world
        .run("select prov.enqueue_instance(id) from instances")
        .await;
    let mut daemon = state.daemon(&world);
    until_status(&world, "running").await;

    for (part, other, told) in [
        ("mindroom", "synapse", "MindRoom"),
        ("synapse", "mindroom", "The Matrix homeserver"),
    ] {
        parts.until_known().await;
        if part == "synapse" {
            // The next daemon knows it, too. Not frozen yet: the kernel wakes those whose parent ends.
            daemon.end().await;
            daemon = state.daemon(&world);
        }
        let before = [parts.pid(part), parts.pid(other)];
        parts.signal(part, Signal::SIGSTOP);
        until_is(&world, "degraded").await;
        assert_eq!([parts.pid(part), parts.pid(other)], before);
        world.age("1 minute").await;
        until_status(&world, "running").await;
        let after = [parts.pid(part), parts.pid(other)];
        assert!(
            after[0] != before[0] && after[1] == before[1],
            "{part}: {before:?} {after:?}"
        );
        assert_eq!(processes(&state, instance).len(), 2, "nothing is left over");
        let repair = format!("repair: {told}: no answer, started again.");
        assert!(world.told().await.ends_with(&repair));
        let api = Api::new(&world).await;
        assert_eq!(api.dashboard().await, 200);
        assert_eq!(api.login("wrong").await, Err(403));
        // What happens to the next one is a trouble of its own.
        world.age("1 hour").await;
    }

    answers_again(&world, &parts).await;
    stops_all_the_same(&world, &parts).await;
    daemon.end().await;
}

/// One that a person was asked about, and that then goes on by itself.
async fn answers_again(world: &World, parts: &Parts<'_>) {
    parts.until_known().await;
    let before = parts.pids();
    parts.signal("mindroom", Signal::SIGSTOP);
    until_is(world, "degraded").await;
    world
        .run("update instances set repairs = 3, repaired_at = now() - interval '6 minutes'")
        .await;
    until_status(world, "error").await;
    let asks: bool = world
        .ask(
            "select attention_since is not null and status_reason like 'MindRoom does not answer.%' \
             from instances",
        )
        .await;
    assert!(asks, "{}", world.story().await);

    parts.signal("mindroom", Signal::SIGCONT);
    until_status(world, "running").await;
    assert_eq!(parts.pids(), before, "nobody touched it");
    let is_clear = "select attention_since is null and status_reason is null from instances";
    assert!(world.ask::<bool>(is_clear).await);
}

/// A process that hears nothing is ended by force.
async fn stops_all_the_same(world: &World, parts: &Parts<'_>) {
    parts.signal("synapse", Signal::SIGSTOP);
    world
        .wish(parts.instance, "desired_state = 'stopped'")
        .await;
    until_status(world, "stopped").await;
    assert!(processes(parts.state, parts.instance).is_empty());
}

//! The daemon's own program, killed before and after every step that the local driver takes with real processes.

use std::time::Instant;

use uuid::Uuid;

use crate::end_to_end::{Daemon, START, State, install, processes, until_status};
use crate::world::{ACCOUNT, World};

struct Scene {
    world: World,
    state: State,
    instance: Uuid,
}

impl Scene {
    /// Runs a daemon until it dies at a point; somebody else may go on at once, and the job counts as innocent.
    async fn kill_at(&self, point: &str) {
        let mut command = self.state.command(&self.world);
        command.env("FAULTS", format!("{point}=kill"));
        let mut daemon = Daemon::start(command);
        let began = Instant::now();
        while daemon.child.try_wait().unwrap().is_none() {
            assert!(
                began.elapsed() < START,
                "it does not come to {point}\n{}",
                self.world.story().await
            );
            self.hurry().await;
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Takes back what a crash costs: the wait before the next try, and the count that ends at three.
    async fn hurry(&self) {
        self.world
            .run("update prov.jobs set run_at = now(), crashes = 0 where state = 'queued' and crashes > 0")
            .await;
    }

    /// The steps to the present wish.
    async fn steps(&self) -> Vec<String> {
        let names = "select s ->> 'name' from instances, jsonb_array_elements(progress) s";
        let rows = self.world.sql.query(names, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Brings a wish about over a kill at each point of each of its steps.
    async fn reach(&self, change: &str, wish: &str, status: &str) {
        self.world.wish(self.instance, change).await;
        self.kill_at(&format!("listed:{wish}")).await;
        let steps = self.steps().await;
        assert!(!steps.is_empty());
        for step in steps {
            for place in ["before", "after", "recorded"] {
                self.kill_at(&format!("{place}:{wish}:{step}")).await;
            }
        }
        let daemon = self.state.daemon(&self.world);
        until_status(&self.world, status).await;
        daemon.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_02_killed_at_every_step_of_the_local_driver() {
    let world = World::new().await;
    let state = State(tempfile::tempdir().unwrap());
    install(&state).await;
    let scene = Scene {
        instance: world.instance(ACCOUNT, "ann-1").await,
        world,
        state,
    };
    let start = "desired_state = 'running'";
    scene.reach(start, "running", "running").await;
    let started = processes(&scene.state, scene.instance);
    assert_eq!(started.len(), 2);
    let restart = "restart_gen = restart_gen + 1";
    scene.reach(restart, "running", "running").await;
    let restarted = processes(&scene.state, scene.instance);
    assert_eq!(restarted.len(), 2);
    assert!(!restarted.iter().any(|process| started.contains(process)));
    let stop = "desired_state = 'stopped'";
    scene.reach(stop, "stopped", "stopped").await;
    assert!(processes(&scene.state, scene.instance).is_empty());
    let delete = "desired_state = 'deleted'";
    scene.reach(delete, "deleted", "deprovisioned").await;
    assert!(!scene.state.dir(scene.instance).exists());
    crate::invariants::check_queue(&scene.world).await;
}

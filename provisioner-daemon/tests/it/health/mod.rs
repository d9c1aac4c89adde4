//! Health: what is noticed, what is repaired and when, who is asked. Minutes are not waited for: rows are made older.

mod processes;
mod repairs;
mod statuses;

use std::time::{Duration, Instant};

use crate::reconcile::Scene;
use crate::world::{PATIENCE, World};

/// What waits for its next look is looked at now.
const HURRY: &str =
    "update prov.jobs set run_at = now() where state = 'queued'; select prov.ring(0)";

impl World {
    /// Lets so much time pass for all instances.
    async fn age(&self, interval: &str) {
        self.run(&format!(
            "update instances set status_since = status_since - interval '{interval}', \
               status_deadline = status_deadline - interval '{interval}', \
               repaired_at = repaired_at - interval '{interval}'; {HURRY}"
        ))
        .await;
    }

    /// Waits until the instance was looked at several times more, however long each look waits.
    async fn looks(&self) {
        let fence: i64 = self.ask("select last_value from prov.fence_seq").await;
        self.hurries_until(&format!(
            "select last_value >= {fence} + 3 from prov.fence_seq"
        ))
        .await;
    }

    /// Looks without waiting until a condition holds; a look under way may not know yet what has changed.
    async fn hurries_until(&self, condition: &str) {
        let began = Instant::now();
        while !self.ask::<bool>(condition).await {
            assert!(began.elapsed() < PATIENCE, "{}", self.story().await);
            self.run(HURRY).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn until_is(&self, status: &str) {
        self.until(&format!("select status = '{status}' from instances"))
            .await;
    }

    /// Events of health with their details, in order.
    async fn told(&self) -> String {
        self.ask(
            "select coalesce(string_agg(concat_ws(': ', name, detail), '; ' order by id), '') \
             from instance_events where kind = 'health'",
        )
        .await
    }
}

impl Scene {
    /// An instance that runs.
    async fn running() -> Self {
        let scene = Self::new().await;
        scene.enqueue().await;
        scene.until("running").await;
        scene
    }

    /// Silences the app; it answers again after so many repairs.
    async fn silence(&self, repairs: u32) {
        self.outside
            .change(self.instance, |place| place.silence("app", repairs));
        self.enqueue().await;
    }

    fn repairs(&self) -> u32 {
        self.outside.place(self.instance).repairs
    }
}

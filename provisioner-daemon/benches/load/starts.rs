//! From before a job is put into the queue, and the bell rung, to its start; with the settings of the daemon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use provisioner_daemon::runner::{Handler, JobContext, JobError, Outcome, Settings};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use crate::sample;
use crate::world::{KIND, World};

/// Jobs a second.
const RATES: [u32; 3] = [20, 100, 200];
/// Whose they are, in turn.
const ACCOUNTS: u32 = 100;
/// So many samples at the least stand behind a p99.
const SAMPLES: u32 = 400;

pub(crate) async fn measure(world: &World, seconds: u64) {
    for rate in RATES {
        let jobs = (rate * u32::try_from(seconds).unwrap()).max(SAMPLES);
        let starts = Starts::default();
        let runner = world.start(starts.clone(), Settings::default());
        while runner.pulse().not_ready().is_some() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let asked = world.enqueue_steadily(rate, jobs, "start").await;
        world.drained().await;
        runner.drain().await;
        let mut waits = starts.waits(&asked);
        assert_eq!(waits.len(), asked.len(), "each once");
        waits.sort_by(f64::total_cmp);
        sample(&format!("start p50 {rate}"), waits[waits.len() / 2]);
        sample(&format!("start p99 {rate}"), waits[waits.len() * 99 / 100]);
    }
}

impl World {
    /// Puts jobs into the queue at a steady rate, as a function does it: the job, then the bell. Answers when each
    /// was asked for.
    pub(crate) async fn enqueue_steadily(
        &self,
        rate: u32,
        jobs: u32,
        prefix: &str,
    ) -> HashMap<String, Instant> {
        let doors: Vec<Arc<Door>> = futures::future::join_all((0..8).map(|_| Door::open(self)))
            .await
            .into_iter()
            .map(Arc::new)
            .collect();
        let mut asked = HashMap::new();
        let mut sent = Vec::new();
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
        for (number, door) in (0..jobs).zip(doors.iter().cycle()) {
            pace.tick().await;
            let lane = format!("{prefix} {rate} {number}");
            asked.insert(lane.clone(), Instant::now());
            let (door, account) = (
                Arc::clone(door),
                Uuid::from_u128(u128::from(number % ACCOUNTS)),
            );
            sent.push(tokio::spawn(
                async move { door.enqueue(&lane, account).await },
            ));
        }
        futures::future::try_join_all(sent).await.unwrap();
        asked
    }
}

/// A connection that puts jobs into the queue.
struct Door {
    client: Client,
    enqueue: Statement,
    ring: Statement,
}

impl Door {
    async fn open(world: &World) -> Self {
        let client = world.database.connect("postgres").await;
        let enqueue = "select prov.enqueue($1, $3, $2, 'm', 1)";
        let enqueue = client.prepare(enqueue).await.unwrap();
        let ring = client.prepare("select prov.ring(0)").await.unwrap();
        Self {
            client,
            enqueue,
            ring,
        }
    }

    async fn enqueue(&self, lane: &str, account: Uuid) {
        let (enqueue, ring) = (&self.enqueue, &self.ring);
        let about: [&(dyn ToSql + Sync); 3] = [&lane, &KIND, &account];
        self.client.query(enqueue, &about).await.unwrap();
        self.client.query(ring, &[]).await.unwrap();
    }
}

/// A job that notes when it began.
#[derive(Clone, Default)]
struct Starts(Arc<Mutex<HashMap<String, Instant>>>);

impl Starts {
    /// Milliseconds from being asked for to the start.
    fn waits(&self, asked: &HashMap<String, Instant>) -> Vec<f64> {
        let began = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        began
            .iter()
            .filter_map(|(lane, at)| Some(at.duration_since(*asked.get(lane)?).as_secs_f64() * 1e3))
            .collect()
    }
}

impl Handler for Starts {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }

    fn run<'a>(&'a self, cx: &'a JobContext) -> BoxFuture<'a, Result<Outcome, JobError>> {
        let mut began = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        began.insert(cx.job.lane.clone(), Instant::now());
        async { Ok(Outcome::Done) }.boxed()
    }
}

//! Jobs taken and ended one by one, by sixteen workers at once.

use std::time::{Duration, Instant};

use store::daemon::Db;
use store::daemon::jobs::{self, Outcome, Wanted};
use uuid::Uuid;

use crate::sample;
use crate::world::{KIND, World};

const WORKERS: usize = 16;
/// So many for each second of load.
const JOBS: u64 = 1000;

pub(crate) async fn measure(world: &World, seconds: u64) {
    let jobs = JOBS * seconds;
    world.fill(jobs).await;
    let db = world.pool(WORKERS);
    let began = Instant::now();
    let workers = (0..WORKERS).map(|_| tokio::spawn(work(db.clone())));
    let done: Vec<u64> = futures::future::try_join_all(workers).await.unwrap();
    let took = began.elapsed().as_secs_f64();
    let done: u64 = done.iter().sum();
    assert_eq!(done, jobs, "each once");
    #[expect(clippy::cast_precision_loss, reason = "some thousand jobs")]
    sample("singles", done as f64 / took);
}

/// Takes and ends jobs until there is none; answers how many.
async fn work(db: Db) -> u64 {
    let (worker, mut done, mut misses) = (Uuid::new_v4(), 0, 0);
    // another worker may have what this one saw; several times in a row it is the end
    while misses < 5 {
        let wanted = Wanted {
            class: 0,
            count: 1,
            tenant_cap: 2,
            worker,
            ttl: Duration::from_secs(30),
            kinds: &[KIND],
            floor: None,
        };
        let Some(job) = jobs::claim(&db, wanted).await.unwrap().pop() else {
            misses += 1;
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        misses = 0;
        // an end that counts: the lease holds far longer
        let _ = jobs::finish(&db, job.claim, Outcome::Done, None)
            .await
            .unwrap();
        done += 1;
    }
    done
}

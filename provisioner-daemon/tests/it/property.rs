//! Two thousand random lives of instances at once, while daemons are killed and connections lost. Each instance
//! ends in a stable status that is true, nothing is past its deadline, nothing is left over.
//!
//! A run prints its seed; life number n has the seed plus n. To live one life again:
//! `PROPERTY_SEED=<its seed> PROPERTY_LIVES=1 cargo test -p provisioner-daemon --test it property`.
//!
//! A generator of our own and not proptest: lives run beside each other and disturb each other, which is the
//! point, while proptest runs one after another and would shrink what does not repeat.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt};
use provisioner_daemon::jobs::ReconcileInstance;
use provisioner_daemon::runner::{Runner, Settings};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use store::daemon::{Db, chores, operators};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::invariants;
use crate::outside::{Obstacle, Outside, UP};
use crate::world::{END_SESSIONS, PATIENCE, World};

const LIVES: u64 = 2000;
/// Lives at the same time.
const AT_ONCE: usize = 48;
/// How often a life is looked at while it settles.
const LOOK: Duration = Duration::from_millis(50);

/// What happens in a life.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A command of its owner.
    Wish(&'static str),
    /// The plan becomes another.
    Plan(&'static str),
    /// A step of somebody's meets an obstacle.
    Obstacle(&'static str),
    /// A daemon is killed, and another takes its place.
    Kill,
    /// The daemons' sessions are ended.
    Cut,
    /// So many milliseconds pass.
    Pause(u64),
}

fn events(random: &mut StdRng) -> Vec<Event> {
    let mut events = vec![Event::Wish("start")];
    for _ in 0..random.random_range(2..7) {
        events.push(match random.random_range(0..100) {
            0..60 => Event::Wish(["start", "stop", "restart"].choose(random).unwrap()),
            60..70 => Event::Plan(["hobby", "pro", "enterprise"].choose(random).unwrap()),
            70..76 => Event::Obstacle(UP.choose(random).unwrap()),
            76 => Event::Kill,
            77 => Event::Cut,
            _ => Event::Pause(random.random_range(0..60)),
        });
    }
    if random.random_bool(0.3) {
        events.push(Event::Wish("delete"));
    }
    events
}

/// A daemon that can be killed: all of it stops wherever it is, also in the midst of a statement.
struct Daemon {
    runtime: Option<Runtime>,
    worker: Uuid,
    /// Lives in the runtime.
    _runner: Runner,
}

impl Daemon {
    fn start(url: &str, outside: &Outside, predecessor: Option<Uuid>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let settings = Settings {
            predecessor,
            slots: vec![8, 1, 1],
            ..crate::child::settings(Duration::from_secs(20))
        };
        let worker = settings.worker;
        let handler = Arc::new(ReconcileInstance::new(Arc::new(outside.clone())));
        let _inside = runtime.enter();
        let db = Db::new(url, 6).unwrap();
        let runner = Runner::start(db, url, vec![handler], settings).unwrap();
        Self {
            runtime: Some(runtime),
            worker,
            _runner: runner,
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let runtime = self.runtime.take().unwrap();
        // On a thread where waiting is allowed: afterwards none of its code runs any more, as after a kill.
        let end = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(30)));
        let _ = end.join();
    }
}

/// Everything that lives share.
struct Fleet {
    /// As superuser, whose sessions no life cuts.
    db: Db,
    world: World,
    outside: Outside,
    /// For statements of lives, so that one slow one does not hold all up.
    clients: Vec<tokio_postgres::Client>,
    daemons: Mutex<Vec<Daemon>>,
}

impl Fleet {
    fn kill(&self, which: usize) {
        let mut daemons = self.daemons.lock().unwrap();
        let killed = daemons.remove(which % 2);
        let before = killed.worker;
        drop(killed);
        let after = Daemon::start(&self.world.daemon_url(), &self.outside, Some(before));
        daemons.push(after);
    }

    async fn run(&self, seed: u64, statement: &str) {
        let client = &self.clients[usize::try_from(seed).unwrap() % self.clients.len()];
        client.batch_execute(statement).await.unwrap();
    }
}

/// One instance and what becomes of it.
struct Life<'a> {
    fleet: &'a Fleet,
    seed: u64,
    instance: Uuid,
    account: Uuid,
}

impl<'a> Life<'a> {
    async fn begin(fleet: &'a Fleet, seed: u64) -> Self {
        let account = Uuid::from_u128(u128::from(seed) << 32 | 0xabc);
        let (email, customer) = (format!("{seed}@example.com"), format!("cus_{seed}"));
        fleet.world.account(account, &email, &customer).await;
        Self {
            fleet,
            seed,
            instance: fleet
                .world
                .instance(account, &format!("life-{seed:x}"))
                .await,
            account,
        }
    }

    async fn live(&self, random: &mut StdRng) {
        for event in events(random) {
            match event {
                Event::Wish(wish) => self.wish(wish).await,
                Event::Plan(tier) => self.change_plan(tier).await,
                Event::Obstacle(step) => {
                    let obstacle = [Obstacle::Transient, Obstacle::Waits, Obstacle::Panics];
                    let obstacle = obstacle.choose(random).unwrap().clone();
                    self.fleet.outside.put(step, 1, obstacle);
                }
                Event::Kill => self.fleet.kill(random.random_range(0..2)),
                Event::Cut => {
                    self.fleet.run(self.seed, END_SESSIONS).await;
                }
                Event::Pause(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            }
        }
    }

    /// By the function that requests come to; what it refuses is no event.
    async fn wish(&self, wish: &str) {
        let call = json!({"sub": self.account, "email": format!("{}@example.com", self.seed), "group": "start",
            "limit": 1000, "request_id": Uuid::new_v4(), "operation": wish, "public_url": "http://x"});
        let confirm = format!("life-{:x}", self.seed);
        self.fleet
            .run(
                self.seed,
                &format!(
                    "select api.record_wish('{call}', instance_id, '{wish}', '{confirm}') \
                     from public.instances where id = '{}'; select prov.ring(0)",
                    self.instance
                ),
            )
            .await;
    }

    async fn change_plan(&self, tier: &str) {
        let id = self.instance;
        self.fleet
            .run(
                self.seed,
                &format!(
                    "do $$ begin update instances set tier = '{tier}', desired_gen = desired_gen + 1 \
                     where id = '{id}' and desired_state <> 'deleted'; \
                     if found then perform prov.enqueue_instance('{id}'); end if; end $$; select prov.ring(0)"
                ),
            )
            .await;
    }

    /// Waits until nothing is left to do. A dead job, thrice there when a daemon was killed, is tried again.
    async fn settle(&self) -> u32 {
        let query = "select (select jsonb_object_agg(state, id) from prov.jobs where lane = 'instance:' || i.id), \
               i.observed_gen = i.desired_gen and i.status_deadline is null \
             from instances i where id = $1";
        let client =
            &self.fleet.clients[usize::try_from(self.seed).unwrap() % self.fleet.clients.len()];
        let (began, mut retried) = (Instant::now(), 0);
        loop {
            let row = client.query_one(query, &[&self.instance]).await.unwrap();
            let jobs: Option<serde_json::Value> = row.get(0);
            match jobs {
                None if row.get(1) => return retried,
                Some(jobs)
                    if jobs.get("dead").is_some() && jobs.as_object().unwrap().len() == 1 =>
                {
                    let dead = jobs["dead"].as_i64().unwrap();
                    operators::retry_dead(&self.fleet.db, dead).await.unwrap();
                    retried += 1;
                }
                _ => {}
            }
            if began.elapsed() > PATIENCE {
                let story = "select concat(to_jsonb(i), (select jsonb_agg(j) from prov.jobs j \
                    where lane = 'instance:' || i.id)) from instances i where id = $1";
                let row = client.query_one(story, &[&self.instance]).await.unwrap();
                panic!("not settled: {}", row.get::<_, String>(0));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The status is the one that was wished, and it is true.
    async fn judge(&self) {
        let row = store::daemon::instances::find_any(&self.fleet.db, self.instance).await;
        let row = row.unwrap().unwrap();
        let expected = match row.wish {
            domain::Wish::Running => "running",
            domain::Wish::Stopped => "stopped",
            domain::Wish::Deleted => "deprovisioned",
        };
        assert_eq!(row.status.word(), expected, "{row:?}");
        let place = self.fleet.outside.place(self.instance);
        assert!(place.is_as_wished(&row), "{row:?} is not {place:?}");
    }
}

/// One life from its begin to its judgement; the number of dead jobs that were tried again, or the seed of a life
/// that went wrong (what did is on stderr).
async fn live(fleet: &Fleet, seed: u64) -> Result<u32, u64> {
    let whole = async {
        let mut random = StdRng::seed_from_u64(seed);
        let life = Life::begin(fleet, seed).await;
        life.live(&mut random).await;
        let retried = life.settle().await;
        life.judge().await;
        retried
    };
    AssertUnwindSafe(whole)
        .catch_unwind()
        .await
        .map_err(|_| seed)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable}: a number")),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn property_every_life_ends_in_a_status_that_is_true() {
    let seed = number("PROPERTY_SEED").unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let lives = number("PROPERTY_LIVES").unwrap_or(LIVES);
    println!("PROPERTY_SEED={seed} PROPERTY_LIVES={lives}");
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let outside = Outside::new(folder.path());
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(world.database.owner().await);
    }
    let start = || Daemon::start(&world.daemon_url(), &outside, None);
    let daemons = Mutex::new(vec![start(), start()]);
    let fleet = Fleet {
        db: Db::new(&world.database.owner_url(), 4).unwrap(),
        world,
        outside,
        clients,
        daemons,
    };
    let all = (seed..seed + lives).map(|seed| live(&fleet, seed));
    let all = futures::stream::iter(all).buffer_unordered(AT_ONCE);
    let ends: Vec<Result<u32, u64>> = Box::pin(all.collect()).await;
    let wrong: Vec<u64> = ends.iter().filter_map(|end| end.err()).collect();
    assert!(
        wrong.is_empty(),
        "lives with these seeds went wrong: {wrong:?}"
    );
    let retried: u32 = ends.into_iter().flatten().sum();
    println!("{retried} dead jobs were tried again by hand");

    let left: i64 = fleet.world.ask("select count(*) from prov.jobs").await;
    assert_eq!(left, 0);
    let lost = chores::enqueue_lost(&fleet.db, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(lost.unwrap(), Some((0, 0)), "the safety net finds nothing");
    invariants::check(&fleet.world, &fleet.outside).await;
}

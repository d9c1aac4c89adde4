//! A driver whose cluster is a folder: one file per instance, changed under a lock, so that a daemon may be
//! killed, frozen or replaced in the midst of it and another process may go on.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Wish;
use futures::FutureExt;
use futures::future::BoxFuture;
use provisioner_daemon::drivers::{Driver, DriverError, Observed, Progress, Step, Work};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::daemon::instances::Instance;
use tokio::sync::Notify;
use uuid::Uuid;

/// The steps to each wish.
pub(crate) const UP: [&str; 3] = ["space", "server", "app"];
const DOWN: [&str; 1] = ["stop"];
const GONE: [&str; 2] = ["stop", "remove"];

/// Every wish with its steps: what tests that go through all steps go through.
pub(crate) const PLANS: [(Wish, &[&str]); 3] = [
    (Wish::Running, &UP),
    (Wish::Stopped, &DOWN),
    (Wish::Deleted, &GONE),
];

/// What there is of one instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The highest fence that came by.
    pub(crate) anchor: i64,
    /// What was made, with what it was made from.
    pub(crate) parts: BTreeMap<String, String>,
    /// The secret that it was made with; data would be lost with it.
    pub(crate) secret: Option<String>,
    /// Changes so far.
    pub(crate) writes: u32,
    /// Changes under a fence that was not the highest any more.
    pub(crate) strays: u32,
    /// How often the secret was replaced.
    pub(crate) secrets_replaced: u32,
    /// Parts that do not answer, with what they were made from and the repairs that it takes until they do.
    pub(crate) silent: BTreeMap<String, (String, u32)>,
    /// Repairs so far.
    pub(crate) repairs: u32,
}

/// What a step meets instead of working.
#[derive(Clone)]
pub(crate) enum Obstacle {
    Transient,
    Permanent,
    Trouble,
    Waits,
    Held(Duration),
    Panics,
}

/// Holds changes up on their way.
#[derive(Default)]
pub(crate) struct Gate {
    /// So many came so far.
    pub(crate) waiting: AtomicU32,
    pub(crate) open: Notify,
}

/// The driver; clones are the same one.
#[derive(Clone)]
pub(crate) struct Outside {
    folder: Arc<PathBuf>,
    obstacles: Arc<Mutex<HashMap<&'static str, (u32, Obstacle)>>>,
    /// Changes stay on their way until this lets them, also when whoever sent them has given up.
    pub(crate) gate: Option<Arc<Gate>>,
    /// Do every step twice.
    pub(crate) is_twice: bool,
}

impl Outside {
    /// The cluster in a folder, which other processes may share.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: Arc::new(folder.to_owned()),
            obstacles: Arc::default(),
            gate: None,
            is_twice: false,
        }
    }

    /// Puts something in a step's way so many times.
    pub(crate) fn put(&self, step: &'static str, times: u32, obstacle: Obstacle) {
        let mut obstacles = self.obstacles.lock().unwrap();
        obstacles.insert(step, (times, obstacle));
    }

    pub(crate) fn clear(&self) {
        self.obstacles.lock().unwrap().clear();
    }

    /// What there is of an instance.
    pub(crate) fn place(&self, instance: Uuid) -> Place {
        let text = std::fs::read(self.file(instance)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Changes what there is of an instance; nobody else does meanwhile.
    pub(crate) fn change<T>(&self, instance: Uuid, change: impl FnOnce(&mut Place) -> T) -> T {
        let lock = File::create(self.folder.join(format!("{instance}.lock"))).unwrap();
        lock.lock().unwrap();
        let before = self.place(instance);
        let mut place = before.clone();
        let answer = change(&mut place);
        if place != before {
            let fresh = self.folder.join(format!("{instance}.new"));
            std::fs::write(&fresh, serde_json::to_vec(&place).unwrap()).unwrap();
            std::fs::rename(&fresh, self.file(instance)).unwrap();
        }
        answer
    }

    fn file(&self, instance: Uuid) -> PathBuf {
        self.folder.join(format!("{instance}.json"))
    }

    /// What meets a step now, once less from now on.
    fn obstacle(&self, step: &str) -> Option<Obstacle> {
        let mut obstacles = self.obstacles.lock().unwrap();
        let (times, obstacle) = obstacles.get_mut(step)?;
        *times = times.checked_sub(1)?;
        Some(obstacle.clone())
    }

    async fn ensure_once(&self, step: Step, work: &Work<'_>) -> Result<Progress, DriverError> {
        let cause = || anyhow::anyhow!("a detail for the log");
        match self.obstacle(step.name) {
            Some(Obstacle::Transient) => {
                return Err(DriverError::transient("It did not work yet.", cause()));
            }
            Some(Obstacle::Permanent) => {
                return Err(DriverError::permanent("It can never work.", cause()));
            }
            Some(Obstacle::Trouble) => {
                let why = "Something is missing.".to_owned();
                return Ok(Progress::Trouble(Duration::from_millis(20), why));
            }
            Some(Obstacle::Waits) => return Ok(Progress::Waiting(Duration::from_millis(10))),
            Some(Obstacle::Held(after)) => {
                let why = "It is waited for something.".to_owned();
                return Ok(Progress::Held(after, why));
            }
            Some(Obstacle::Panics) => panic!("an obstacle"),
            None => {}
        }
        let secret = match step.name {
            "space" => Some(
                work.secret("key", || Uuid::new_v4().simple().to_string())
                    .await?,
            ),
            _ => None,
        };
        let (instance, fence) = (work.instance.clone(), work.claim.fence);
        if let Some(gate) = self.gate.clone() {
            let outside = self.clone();
            let sent = tokio::spawn(async move {
                gate.waiting.fetch_add(1, Ordering::SeqCst);
                gate.open.notified().await;
                outside.change(instance.id, |place| {
                    place.apply(step.name, &instance, fence, secret);
                });
            });
            sent.await.unwrap();
        } else {
            self.change(instance.id, |place| {
                place.apply(step.name, &instance, fence, secret);
            });
        }
        if self.place(work.instance.id).is_silent(step.name) {
            return Ok(Progress::Waiting(Duration::from_millis(10)));
        }
        Ok(Progress::Done)
    }
}

impl Place {
    /// Silences a part; it answers again after so many repairs, or a restart.
    pub(crate) fn silence(&mut self, part: &str, repairs: u32) {
        let made_from = self.parts[part].clone();
        self.silent.insert(part.to_owned(), (made_from, repairs));
    }

    fn is_silent(&self, part: &str) -> bool {
        let made_from = self.parts.get(part);
        let silent = self.silent.get(part);
        silent.is_some_and(|(silent, _)| Some(silent) == made_from)
    }

    fn repair(&mut self) {
        self.repairs += 1;
        for (part, (_, left)) in &mut self.silent {
            self.parts.remove(part);
            *left = left.saturating_sub(1);
        }
        self.silent.retain(|_, (_, left)| *left > 0);
    }

    fn apply(&mut self, step: &str, instance: &Instance, fence: i64, secret: Option<String>) {
        let mut fresh = self.clone();
        match step {
            "stop" => {
                fresh
                    .parts
                    .retain(|name, _| !matches!(name.as_str(), "server" | "app"));
                fresh.silent.clear();
            }
            "remove" => {
                fresh.parts.clear();
                fresh.secret = None;
            }
            part => {
                let wanted = wanted(instance);
                fresh.parts.insert(part.to_owned(), wanted[part].clone());
            }
        }
        if let Some(secret) = secret
            && fresh.secret.as_ref() != Some(&secret)
        {
            fresh.secrets_replaced += u32::from(fresh.secret.is_some());
            fresh.secret = Some(secret);
        }
        if fresh == *self {
            return;
        }
        fresh.writes += 1;
        fresh.strays += u32::from(fence < fresh.anchor);
        *self = fresh;
    }

    /// Whether it is what the instance's row wishes, as an invariant.
    pub(crate) fn is_as_wished(&self, instance: &Instance) -> bool {
        match instance.wish {
            Wish::Running => self.parts == wanted(instance),
            Wish::Stopped => !self.parts.contains_key("server") && !self.parts.contains_key("app"),
            Wish::Deleted => self.parts.is_empty() && self.secret.is_none(),
        }
    }
}

/// The parts of a running instance: a restart makes server and app anew, a plan the limits of the space.
fn wanted(instance: &Instance) -> BTreeMap<String, String> {
    let restart = instance.restart_gen.to_string();
    [
        ("space", instance.tier.clone()),
        ("server", restart.clone()),
        ("app", restart),
    ]
    .map(|(name, made_from)| (name.to_owned(), made_from))
    .into()
}

impl Driver for Outside {
    fn raise_anchor<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<i64, DriverError>> {
        let anchor = self.change(work.instance.id, |place| {
            place.anchor = place.anchor.max(work.claim.fence);
            place.anchor
        });
        async move { Ok(anchor) }.boxed()
    }

    fn plan(&self, _: &Instance, wish: Wish) -> Vec<Step> {
        let planned = PLANS.iter().find(|(planned, _)| *planned == wish);
        let (_, names) = planned.expect("a plan for every wish");
        names
            .iter()
            .map(|name| Step { name, title: name })
            .collect()
    }

    fn ensure<'a>(
        &'a self,
        step: Step,
        work: &'a Work<'a>,
    ) -> BoxFuture<'a, Result<Progress, DriverError>> {
        async move {
            let progress = self.ensure_once(step, work).await?;
            if self.is_twice {
                let writes = self.place(work.instance.id).writes;
                let again = self.ensure_once(step, work).await?;
                assert_eq!(again, progress);
                let after = self.place(work.instance.id).writes;
                assert_eq!(after, writes, "{} changed something again", step.name);
            }
            Ok(progress)
        }
        .boxed()
    }

    fn repair<'a>(&'a self, work: &'a Work<'a>) -> BoxFuture<'a, Result<(), DriverError>> {
        self.change(work.instance.id, Place::repair);
        async move { Ok(()) }.boxed()
    }

    fn observe<'a>(
        &'a self,
        instance: &'a Instance,
    ) -> BoxFuture<'a, Result<Observed, DriverError>> {
        let place = self.place(instance.id);
        let silent: Vec<&'static str> = UP
            .into_iter()
            .filter(|part| place.is_silent(part))
            .collect();
        let observed = Observed {
            is_settled: place.is_as_wished(instance) && silent.is_empty(),
            is_partly_up: !place.parts.is_empty(),
            silent,
            internal_urls: json!({"web": "http://127.0.0.1:1"}),
            ..Observed::default()
        };
        async move { Ok(observed) }.boxed()
    }
}

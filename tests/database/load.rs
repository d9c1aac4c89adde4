//! Requests without pause, each with what came of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use platform_tests::until;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::world::World;

/// No answer may take longer, whatever the database does. Statements end after 5 s and connecting is refused at
/// once; the rest is for a machine that is busy.
pub(crate) const LONGEST_ANSWER: Duration = Duration::from_secs(30);
/// So many refusals of each kind make an outage, not a hiccup: some seconds of it.
const OUTAGE: usize = 60;
/// Between two requests of one client.
const PAUSE: Duration = Duration::from_millis(40);

/// What a client does again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads an account.
    Read,
    /// Sets a new account up: its row, a subscription, an audit entry.
    Setup,
    /// Delivers a new event: its row, a job, an audit entry.
    Webhook,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Read, Kind::Setup, Kind::Webhook];

/// One request and what came of it.
#[derive(Debug)]
pub(crate) struct Seen {
    kind: Kind,
    /// The account or event.
    subject: String,
    /// When it was sent.
    at: Instant,
    took: Duration,
    /// Status, headers that matter, body; or why there is none.
    answer: Result<Answer, String>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    retry_after: Option<String>,
    content_type: String,
    body: Value,
}

/// Clients that ask until they are told to stop.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

struct Shared {
    world: Arc<World>,
    stop: AtomicBool,
    seen: Mutex<Vec<Seen>>,
}

impl Load {
    /// Two clients of each kind.
    pub(crate) fn start(world: &Arc<World>) -> Self {
        let shared = Arc::new(Shared {
            world: Arc::clone(world),
            stop: AtomicBool::new(false),
            seen: Mutex::default(),
        });
        let clients = KINDS.iter().chain(&KINDS).map(|kind| {
            let (shared, kind) = (Arc::clone(&shared), *kind);
            tokio::spawn(async move { shared.work(kind).await })
        });
        let clients = clients.collect();
        Self { shared, clients }
    }

    /// Awaits that each of `kinds` is answered with success, sent from now on.
    pub(crate) async fn serves(&self, kinds: &[Kind], patience: Duration) {
        self.sees(true, 1, kinds, patience).await;
    }

    /// Awaits that requests of each of `kinds` are refused again and again.
    pub(crate) async fn refuses(&self, kinds: &[Kind], patience: Duration) {
        self.sees(false, OUTAGE, kinds, patience).await;
    }

    async fn sees(&self, success: bool, times: usize, kinds: &[Kind], patience: Duration) {
        let from = Instant::now();
        for kind in kinds {
            let what = format!(
                "{kind:?} to be {}",
                if success { "served" } else { "refused" }
            );
            until(&what, patience, async || {
                let seen = self.shared.seen.lock().unwrap();
                let met = |seen: &&Seen| {
                    seen.kind == *kind && seen.at > from && seen.is_success() == success
                };
                (seen.iter().rev().filter(met).count() >= times).then_some(())
            })
            .await;
        }
    }

    /// Ends the clients and answers what they saw.
    pub(crate) async fn stop(self) -> Vec<Seen> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }
}

impl Shared {
    async fn work(&self, kind: Kind) {
        let reader = Uuid::new_v4();
        while !self.stop.load(Ordering::Relaxed) {
            let subject = match kind {
                Kind::Read => reader,
                Kind::Setup | Kind::Webhook => Uuid::new_v4(),
            };
            let seen = ask(&self.world, kind, subject).await;
            self.seen.lock().unwrap().push(seen);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// One request.
async fn ask(world: &World, kind: Kind, subject: Uuid) -> Seen {
    let api = |method, path| world.platform.api(method, path);
    let subject_text = match kind {
        Kind::Read | Kind::Setup => subject.to_string(),
        Kind::Webhook => format!("evt_{}", subject.simple()),
    };
    let request = match kind {
        Kind::Read => api(Method::GET, "/my/account").bearer_auth(world.token(subject)),
        Kind::Setup => api(Method::POST, "/my/account/setup").bearer_auth(world.token(subject)),
        Kind::Webhook => webhook(world, &subject_text),
    };
    let at = Instant::now();
    let answer = async {
        let answer = request.timeout(LONGEST_ANSWER).send().await?;
        let header = |name| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        Ok::<_, reqwest::Error>(Answer {
            status: answer.status().as_u16(),
            retry_after: header("retry-after"),
            content_type: header("content-type").unwrap_or_default(),
            body: answer.json().await?,
        })
    };
    Seen {
        kind,
        subject: subject_text,
        at,
        answer: answer.await.map_err(|error| format!("{error:?}")),
        took: at.elapsed(),
    }
}

/// An event of a customer whom nobody knows; each its own, so that they are worked on side by side.
pub(crate) fn webhook(world: &World, id: &str) -> reqwest::RequestBuilder {
    let body = json!({
        "id": id, "object": "event", "type": "customer.created", "created": 1_800_000_000, "livemode": false,
        "api_version": "2026-10-28.endive",
        "data": {"object": {"id": id.replace("evt_", "cus_"), "object": "customer"}},
    })
    .to_string();
    let request = world.platform.api(Method::POST, "/webhooks/stripe");
    request
        .header("stripe-signature", world.signature(&body))
        .body(body)
}

impl Seen {
    fn is_success(&self) -> bool {
        self.answer
            .as_ref()
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Whether it is what a client can live with: done, or a clear "come back in a few seconds".
    fn judge(&self) -> Result<(), String> {
        let answer = self.answer.as_ref()?;
        let problem = &answer.body;
        let is_problem = answer.status == 503
            && answer.content_type == "application/problem+json"
            && problem["code"] == "unavailable"
            && problem["status"] == 503
            && problem["detail"]
                .as_str()
                .is_some_and(|detail| detail.ends_with("in a few seconds."))
            && problem["request_id"].is_string();
        let seconds = answer
            .retry_after
            .as_ref()
            .and_then(|seconds| seconds.parse::<u32>().ok());
        match (answer.status, is_problem, seconds) {
            (200, ..) | (503, true, Some(1..=60)) => Ok(()),
            _ => Err("neither done nor a clear 503".to_owned()),
        }
    }
}

/// Asserts that every answer was in time and clear; answers what was accepted, as subjects, and how many were not.
pub(crate) fn judged(seen: &[Seen], kind: Kind) -> (Vec<String>, usize) {
    let of_kind: Vec<&Seen> = seen.iter().filter(|seen| seen.kind == kind).collect();
    for one in &of_kind {
        if let Err(why) = one.judge() {
            panic!("{why}: {one:?}");
        }
        assert!(one.took < LONGEST_ANSWER, "{one:?}");
    }
    let accepted: Vec<String> = of_kind
        .iter()
        .filter(|seen| seen.is_success())
        .map(|seen| seen.subject.clone())
        .collect();
    let slowest = of_kind
        .iter()
        .map(|seen| seen.took)
        .max()
        .unwrap_or_default();
    let refused = of_kind.len() - accepted.len();
    println!(
        "  {kind:?}: {} done, {refused} refused, slowest {slowest:.2?}",
        accepted.len()
    );
    (accepted, refused)
}

/// Sends again what was not accepted, as Stripe does, until it is; answers all events.
pub(crate) async fn redelivered(world: &World, seen: &[Seen]) -> Vec<String> {
    let mut all = Vec::new();
    for one in seen.iter().filter(|seen| seen.kind == Kind::Webhook) {
        if !one.is_success() {
            let answer = world.platform.send(webhook(world, &one.subject)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        all.push(one.subject.clone());
    }
    all
}

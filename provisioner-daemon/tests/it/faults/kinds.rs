//! Every kind of job but that of instances, which [`super::kills`] and [`super::steps`] go through: killed, failing and
//! done twice at every point that a run without faults comes by.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use provisioner_daemon::runner::{Fault, Faults, Handler, Runner, Settings};
use store::daemon::instance_databases;

use super::kills::{AT_ONCE, killed, recording};
use super::steps::once;
use crate::child::{self, Child, Orders};
use crate::delete_account::departing;
use crate::invariants;
use crate::made_up::quick;
use crate::outside::Outside;
use crate::stripe_catch_up;
use crate::stripe_fake::event;
use crate::world::{ACCOUNT, World, connect};

/// Each has a scene.
#[derive(Debug, Clone, Copy)]
enum Kind {
    DeleteAccount,
    MeasureUsage,
    StripeCatchUp,
    StripeEvent,
}

const KINDS: [Kind; 4] = [
    Kind::DeleteAccount,
    Kind::MeasureUsage,
    Kind::StripeCatchUp,
    Kind::StripeEvent,
];

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::DeleteAccount => "delete-account",
            Self::MeasureUsage => "measure-usage",
            Self::StripeCatchUp => "stripe-catch-up",
            Self::StripeEvent => "stripe-event",
        }
    }

    /// What its job is about.
    async fn world(self) -> World {
        match self {
            Self::DeleteAccount => without_its_instance().await,
            Self::MeasureUsage => with_a_message().await,
            Self::StripeCatchUp => World::new().await,
            Self::StripeEvent => with_an_event().await,
        }
    }

    /// Enqueues the job.
    async fn wish(self, world: &World) {
        let enqueue = match self {
            Self::DeleteAccount => &format!(
                "select prov.enqueue_account_deletion('{ACCOUNT}', '0'); select prov.ring(1)"
            ),
            Self::MeasureUsage => {
                "select prov.enqueue('schedule:measure-usage', null, 'measure-usage', 'measure-usage', 0, p_class => 2); \
                 select prov.ring(2)"
            }
            Self::StripeCatchUp => stripe_catch_up::WISH,
            Self::StripeEvent => "select prov.enqueue_stripe_event('evt_1'); select prov.ring(0)",
        };
        world.run(enqueue).await;
    }

    /// As if nobody knew that it was done.
    async fn forget(self, world: &World) {
        let forget = match self {
            Self::DeleteAccount | Self::StripeCatchUp => "",
            Self::MeasureUsage => "update subscriptions set usage_measured_at = null",
            Self::StripeEvent => "update webhook_events set processed_at = null, outcome = null",
        };
        world.run(forget).await;
    }

    /// Whether all is as it should be at the end.
    fn is_done(self) -> &'static str {
        match self {
            Self::DeleteAccount => {
                "select count(*) = 1 and bool_and(email = 'bo@example.com') \
                 and (select count(*) = 1 from audit_logs where action = 'account.erase') from accounts"
            }
            Self::MeasureUsage => {
                "select sum(messages_sent) = 1 and (select bool_and(usage_measured_at is not null) \
                 from subscriptions) from usage_metrics"
            }
            Self::StripeCatchUp => {
                "select began_at is null and (select count(*) = 1 from subscriptions) \
                 and (select outcome = 'synced' from webhook_events where id = 'evt_missed') \
                 and (select count(*) = 1 from audit_logs where action = 'webhook.missed') \
                 from prov.stripe_catch_up"
            }
            Self::StripeEvent => {
                "select outcome = 'synced' and processed_at is not null \
                 and (select count(*) = 1 from subscriptions where status = 'active') from webhook_events"
            }
        }
    }

    async fn check(self, world: &World, what: &str) {
        let is_done: bool = world.ask(self.is_done()).await;
        assert!(is_done, "{self:?} {what}\n{}", world.story().await);
        invariants::check_queue(world).await;
    }
}

/// An account that goes; what ran for it is gone.
async fn without_its_instance() -> World {
    let (world, instance) = departing().await;
    world
        .run(&format!(
            "update instances set desired_state = 'deleted', status = 'deprovisioned' where id = '{instance}'; \
             delete from prov.jobs"
        ))
        .await;
    world
}

/// An instance that runs, and in its database one message of a person.
async fn with_a_message() -> World {
    let world = World::new().await;
    let instance = world.instance(ACCOUNT, "ann-1").await;
    let server = child::instance_databases(&world.daemon_url());
    server.ensure(instance, "1").await.unwrap();
    let name = instance_databases::name(instance);
    let rows = SYNAPSE.replace("OWNER", &name);
    connect(&name).await.batch_execute(&rows).await.unwrap();
    world
        .run("update instances set status = 'running', observed_gen = desired_gen, status_deadline = null")
        .await;
    world
}

/// The tables of Synapse that are read, as far as they are.
const SYNAPSE: &str = "set role OWNER;
    create table events (event_id text, type text, sender text, origin_server_ts bigint, outlier boolean,
      rejection_reason text);
    create table event_relations (event_id text, relation_type text);
    create table users (name text, deactivated smallint, creation_ts bigint);
    create table local_current_membership (user_id text, membership text);
    insert into events values ('$1', 'm.room.message', '@ann:x', extract(epoch from now()) * 1000, false, null)";

/// An event that nobody works on yet.
async fn with_an_event() -> World {
    let world = World::new().await;
    let updated = "customer.subscription.updated";
    event(&world, "evt_1", updated, ("subscription", "sub_1")).await;
    world.run("delete from prov.jobs").await;
    world
}

/// A daemon with all kinds, or one alone.
fn start(world: &World, only: Option<Kind>, faults: Faults) -> Runner {
    let url = world.daemon_url();
    let handlers = handlers(&url).into_iter();
    let handlers = handlers.filter(|handler| only.is_none_or(|kind| handler.kind() == kind.word()));
    let settings = Settings { faults, ..quick() };
    Runner::start(world.db.clone(), &url, handlers.collect(), settings).unwrap()
}

/// No instance is worked on here, so their folder is never used.
fn handlers(url: &str) -> Vec<Arc<dyn Handler>> {
    child::handlers(&Outside::new(&std::env::temp_dir()), url)
}

async fn until_idle(world: &World) {
    world.until("not exists (select 1 from prov.jobs)").await;
}

/// So many jobs of a kind ended, with what they cost at most: attempts and crashes.
async fn cost(world: &World, kind: Kind) -> (i64, i32, i32) {
    let ends = "select count(*), max(attempt), max(crashes) from prov.job_history where kind = $1";
    let row = world.sql.query_one(ends, &[&kind.word()]).await.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

/// The points that a kind's job comes by.
async fn points_of(kind: Kind) -> Vec<String> {
    let world = kind.world().await;
    let (faults, seen) = recording();
    let runner = start(&world, Some(kind), faults);
    kind.wish(&world).await;
    let ended = format!(
        "select count(*) = 1 from prov.job_history where kind = '{}'",
        kind.word()
    );
    world.until(&ended).await;
    runner.drain().await;
    let points = seen.lock().unwrap().clone();
    // Claimed, ended and recorded are the runner's own.
    assert!(points.len() > 3, "{points:?}");
    points
}

/// All kinds with all their points.
async fn points() -> Vec<(Kind, String)> {
    let mut all = Vec::new();
    for kind in KINDS {
        let points = points_of(kind).await;
        all.extend(points.into_iter().map(|point| (kind, point)));
    }
    all
}

async fn kill_at(kind: Kind, point: &str) {
    let world = kind.world().await;
    let folder = tempfile::tempdir().unwrap();
    let orders = Orders::new(&world.daemon_url(), folder.path());
    let mut child = Child::start(&orders.failing(&format!("{point}=kill")));
    kind.wish(&world).await;
    killed(&world, &mut child, point).await;
    let left = format!(
        "select count(*)::int4 from prov.jobs where kind = '{}'",
        kind.word()
    );
    let crashes: i32 = world.ask(&left).await;
    let runner = start(&world, None, Faults::default());
    until_idle(&world).await;
    runner.drain().await;
    kind.check(&world, point).await;
    assert_eq!(cost(&world, kind).await, (1, 1, crashes), "{point}");
}

#[tokio::test]
async fn fault_02_killed_at_every_point_of_every_other_kind() {
    let points = points().await;
    let kills = points.iter().map(|(kind, point)| kill_at(*kind, point));
    let kills = futures::stream::iter(kills).buffer_unordered(AT_ONCE);
    Box::pin(kills.collect::<Vec<()>>()).await;
}

/// What hangs on the work of these kinds.
const STATE: &str = "select concat_ws(E'\\n', \
    (select jsonb_agg(to_jsonb(s) - '{synced_at,usage_measured_at,updated_at}'::text[] order by id) from subscriptions s), \
    (select jsonb_agg(to_jsonb(u) - '{updated_at}'::text[] order by metric_date) from usage_metrics u), \
    (select jsonb_agg(to_jsonb(e) - '{processed_at,read_at}'::text[] order by id) from webhook_events e), \
    (select jsonb_agg(a.id order by a.id) from accounts a), (select count(*) from payments), \
    (select count(*) from audit_logs))";

#[tokio::test]
async fn fault_07_every_other_kind_done_twice_changes_nothing_more() {
    for kind in KINDS {
        let world = kind.world().await;
        let runner = start(&world, None, Faults::default());
        kind.wish(&world).await;
        until_idle(&world).await;
        let state: String = world.ask(STATE).await;
        kind.forget(&world).await;
        kind.wish(&world).await;
        until_idle(&world).await;
        runner.drain().await;
        assert_eq!(cost(&world, kind).await, (2, 1, 0), "{kind:?}");
        assert_eq!(world.ask::<String>(STATE).await, state, "{kind:?}");
        kind.check(&world, "twice").await;
    }
}

async fn fail_at(kind: Kind, point: &str, fault: Fault) {
    let world = kind.world().await;
    let runner = start(&world, None, once(point, fault));
    kind.wish(&world).await;
    until_idle(&world).await;
    runner.drain().await;
    kind.check(&world, point).await;
    let (ends, attempts, crashes) = cost(&world, kind).await;
    assert!(ends == 1 && attempts <= 2 && crashes == 0, "{point}");
}

/// At every point: an error that goes away, and a panic.
#[tokio::test]
async fn fault_08_an_error_at_every_point_of_every_other_kind() {
    let points = points().await;
    // After the end nothing is left that could fail.
    let points = points
        .iter()
        .filter(|(_, point)| !point.starts_with("recorded:"));
    let failures = points.flat_map(|(kind, point)| {
        [Fault::Error, Fault::Panic].map(|fault| fail_at(*kind, point, fault))
    });
    let failures = futures::stream::iter(failures).buffer_unordered(AT_ONCE);
    Box::pin(failures.collect::<Vec<()>>()).await;
}

/// The kinds that the daemon's sources handle.
fn handled() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/jobs");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let sources = files
        .filter(|path| path.is_file())
        .map(|path| std::fs::read_to_string(path).unwrap());
    let mut kinds: Vec<String> = sources
        .filter_map(|source| {
            let (_, kind) = source.split_once("fn kind(&self)")?;
            kind.split('"').nth(1).map(str::to_owned)
        })
        .collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn every_kind_has_a_scene() {
    let mut scenes: Vec<&str> = KINDS.iter().map(|kind| kind.word()).collect();
    scenes.push("reconcile-instance");
    scenes.sort_unstable();
    assert_eq!(scenes, handled());
    let tested = handlers("postgres://mindroom_daemon@127.0.0.1:1/x");
    let mut tested: Vec<&str> = tested.iter().map(|handler| handler.kind()).collect();
    tested.sort_unstable();
    assert_eq!(tested, scenes);
}

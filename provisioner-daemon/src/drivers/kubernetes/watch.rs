//! Watches, one a kind over all instances: they keep the index, and ask for a reconcile where somebody else changed
//! something or a part came up or went down.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, DynamicObject, PartialObjectMeta};
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::Value;
use store::daemon::{Db, cluster_objects, jobs};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::cluster::{Cluster, is_outage};
use super::index::{Health, Index, Listing, Source};
use super::manifest::{INSTANCE_LABEL, PODS};
use super::reach::Sight;

/// Changes within this time are looked at together: an apply of ours is over by then and noted as such.
const SETTLE: Duration = Duration::from_secs(1);
/// Everything is compared this often, whatever the watches said.
const FULL_PASS: Duration = Duration::from_mins(10);
/// Between two tries of a watch that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// Watches until told to stop.
pub(super) async fn run(cluster: Arc<Cluster>, index: Arc<Index>, db: Db, stop: CancellationToken) {
    let (tell, told) = mpsc::unbounded_channel();
    let sources = Source::all().into_iter();
    let watches = sources.map(|source| watch_one(source, &cluster, &index, tell.clone()));
    tokio::select! {
        _ = futures::future::join_all(watches) => {}
        () = repair(&cluster, &index, &db, told) => {}
        () = cluster.probe() => {}
        () = stop.cancelled() => {}
    }
}

/// What the chart's pods are known by.
const PART_LABEL: &str = "app.kubernetes.io/part-of=mindroom-instance";

/// All that happens to what is watched: whole where that is of use, else nothing but what is said about it.
fn events(
    source: Source,
    cluster: &Cluster,
) -> BoxStream<'static, watcher::Result<Event<DynamicObject>>> {
    let resource = source.kind.resource();
    let label = if source.kind == &PODS {
        PART_LABEL
    } else {
        INSTANCE_LABEL
    };
    let mut config = watcher::Config::default().labels(label);
    if let Some(name) = source.name {
        config = config.fields(&format!("metadata.name={name}"));
    }
    if source.kind.is_watched_whole() {
        let api: Api<DynamicObject> = Api::all_with(cluster.client(), &resource);
        return watcher(api, config).boxed();
    }
    let api: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(cluster.client(), &resource);
    watcher(api, config).map_ok(without_content).boxed()
}

fn without_content(event: Event<PartialObjectMeta<DynamicObject>>) -> Event<DynamicObject> {
    let object = |seen: PartialObjectMeta<DynamicObject>| DynamicObject {
        types: None,
        metadata: seen.metadata,
        data: Value::Null,
    };
    match event {
        Event::Apply(seen) => Event::Apply(object(seen)),
        Event::Delete(seen) => Event::Delete(object(seen)),
        Event::Init => Event::Init,
        Event::InitApply(seen) => Event::InitApply(object(seen)),
        Event::InitDone => Event::InitDone,
    }
}

async fn watch_one(
    source: Source,
    cluster: &Cluster,
    index: &Index,
    tell: mpsc::UnboundedSender<Uuid>,
) {
    let kind = source.kind;
    let mut events = events(source, cluster);
    let mut listing = Listing::of(source);
    while let Some(event) = events.next().await {
        let changed: HashSet<Uuid> = match event {
            Ok(Event::Init) => {
                listing = Listing::of(source);
                continue;
            }
            Ok(Event::InitApply(object)) => {
                listing.add(&object);
                continue;
            }
            Ok(Event::InitDone) => {
                index.replace(std::mem::replace(&mut listing, Listing::of(source)))
            }
            Ok(Event::Apply(object)) => index.set(kind, &object).into_iter().collect(),
            Ok(Event::Delete(object)) => index.remove(kind, &object).into_iter().collect(),
            Err(error) => {
                tracing::warn!(
                    kind = kind.name,
                    error = &error as &dyn std::error::Error,
                    "a watch failed"
                );
                if let watcher::Error::InitialListFailed(cause)
                | watcher::Error::WatchStartFailed(cause)
                | watcher::Error::WatchFailed(cause) = &error
                    && is_outage(cause)
                {
                    cluster.reach().failed();
                }
                tokio::time::sleep(AGAIN).await;
                cluster.reach().there().await;
                continue;
            }
        };
        for instance in changed {
            // nobody listens when all of it ends
            let _ = tell.send(instance);
        }
    }
}

/// Enqueues what is not as it was applied.
async fn repair(
    cluster: &Cluster,
    index: &Index,
    db: &Db,
    mut told: mpsc::UnboundedReceiver<Uuid>,
) {
    while let Err(error) = expect_all(index, db).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the list of objects cannot be read"
        );
        tokio::time::sleep(AGAIN).await;
    }
    let mut full_pass = tokio::time::interval(FULL_PASS);
    let mut seen = HashSet::new();
    // somebody may wait for those that came up
    let (mut came_up, mut changed) = (HashSet::new(), HashSet::new());
    let mut healths: HashMap<Uuid, Health> = HashMap::new();
    let mut drifted_since: HashMap<Uuid, Instant> = HashMap::new();
    let mut sight = cluster.reach().sight();
    let mut was_lost = false;
    loop {
        tokio::select! {
            _ = sight.changed() => {
                let is_lost = *sight.borrow_and_update() == Sight::Lost;
                // That nothing is known of them any more is said of all, and so is how they are afterwards.
                if is_lost != was_lost {
                    changed.extend(index.instances());
                }
                was_lost = is_lost;
            }
            instance = told.recv() => {
                let Some(instance) = instance else { return };
                seen.insert(instance);
                tokio::time::sleep(SETTLE).await;
                while let Ok(instance) = told.try_recv() {
                    seen.insert(instance);
                }
            }
            // before the watches have told all, everything would be missing
            _ = full_pass.tick(), if index.is_complete() => {
                let began = Instant::now();
                let found = index.drifted();
                metrics::histogram!("prov_full_pass_seconds").record(began.elapsed());
                drifted(found.len());
                changed.extend(found);
            }
        }
        if !index.is_complete() {
            continue;
        }
        for instance in std::mem::take(&mut seen) {
            let has_turned = has_turned(index, &mut healths, instance);
            let has_drifted = index.has_drifted(instance);
            drifted(usize::from(has_drifted));
            note_age(&mut drifted_since, instance, has_drifted);
            if has_turned && index.health(instance).is_well() {
                came_up.insert(instance);
            } else if has_turned || has_drifted {
                changed.insert(instance);
            }
        }
        came_up = enqueue(db, came_up, jobs::AWAITED).await;
        changed = enqueue(db, changed, jobs::BULK).await;
    }
}

/// Answers those that could not be enqueued.
async fn enqueue(db: &Db, instances: HashSet<Uuid>, class: i32) -> HashSet<Uuid> {
    let mut left = HashSet::new();
    for instance in instances {
        tracing::info!(instance.id = %instance, "to be looked at");
        if let Err(error) = jobs::enqueue_look(db, instance, class).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a repair is not enqueued yet"
            );
            left.insert(instance);
            continue;
        }
        // without it the poll finds the job
        let _ = jobs::ring(db, class).await;
    }
    left
}

/// Whether a part came up or went down, or keeps something else from it, since that was last asked.
fn has_turned(index: &Index, healths: &mut HashMap<Uuid, Health>, instance: Uuid) -> bool {
    let health = index.health(instance);
    if health == Health::default() {
        return healths.remove(&instance).is_some();
    }
    match healths.insert(instance, health.clone()) {
        Some(before) => before != health,
        // after a start all are seen for the first time
        None => !health.is_well(),
    }
}

/// Measures how long an instance was not as it was applied.
fn note_age(since: &mut HashMap<Uuid, Instant>, instance: Uuid, has_drifted: bool) {
    if has_drifted {
        since.entry(instance).or_insert_with(Instant::now);
    } else if let Some(began) = since.remove(&instance) {
        metrics::histogram!("prov_drift_age_seconds").record(began.elapsed());
    }
}

fn drifted(count: usize) {
    metrics::counter!("prov_drift_total").increment(u64::try_from(count).unwrap_or_default());
}

async fn expect_all(index: &Index, db: &Db) -> Result<(), store::daemon::Error> {
    cluster_objects::for_each_instance(db, |instance, objects| index.expect(instance, objects))
        .await
}

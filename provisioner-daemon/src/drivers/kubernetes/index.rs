//! What the cluster was last seen to hold of our instances, from watches: enough to know whether something is as it
//! was applied and whether it runs, in some hundred bytes an object.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::DynamicObject;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::daemon::cluster_objects::ClusterObject;
use uuid::Uuid;

use super::manifest::{INSTANCE_LABEL, KINDS, Kind, MANAGER, PODS};
use super::troubles::{self, Trouble};

/// An object's kind and name in its instance's namespace.
pub(super) type Key = (&'static str, String);

/// An object as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    /// The cluster's id of it.
    pub(super) uid: String,
    /// When it was seen, by the cluster's own count.
    version: u64,
    /// Which of its fields are ours.
    pub(super) owned: String,
    /// Whether everything that it asks for runs; true for what runs nothing.
    pub(super) is_ready: bool,
    /// Whether something of it runs.
    pub(super) is_up: bool,
    /// Whether it wants pods and has none.
    pub(super) is_bare: bool,
    /// What keeps it from running.
    pub(super) trouble: Option<Trouble>,
    /// Where a Service is reached.
    pub(super) address: Option<String>,
}

/// What is watched by itself: a kind, or its objects of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source {
    /// Of which kind.
    pub(super) kind: &'static Kind,
    /// Of which name.
    pub(super) name: Option<&'static str>,
}

impl Source {
    /// All of them.
    pub(super) fn all() -> Vec<Self> {
        let kinds = KINDS.iter().chain(std::iter::once(&PODS));
        let sources = kinds.flat_map(|kind| match kind.names {
            [] => vec![Self { kind, name: None }],
            names => {
                let of_name = |name: &&'static str| Self {
                    kind,
                    name: Some(name),
                };
                names.iter().map(of_name).collect()
            }
        });
        sources.collect()
    }

    fn holds(&self, (kind, name): &Key) -> bool {
        *kind == self.kind.name && self.name.is_none_or(|only| only == name)
    }
}

/// What a watch lists at its start, of each object only what is kept: all of them at once are many.
pub(super) struct Listing {
    source: Source,
    fresh: HashMap<Uuid, BTreeMap<Key, Live>>,
}

impl Listing {
    /// Nothing yet.
    pub(super) fn of(source: Source) -> Self {
        Self {
            source,
            fresh: HashMap::new(),
        }
    }

    /// One more.
    pub(super) fn add(&mut self, object: &DynamicObject) {
        if let Some((instance, key)) = place(self.source.kind, &object.metadata) {
            let objects = self.fresh.entry(instance).or_default();
            objects.insert(key, Live::of(object));
        }
    }
}

/// How an instance is by its objects' own word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Health {
    /// Of each part that runs something: whether all that it asks for does, and whether something does.
    parts: Vec<(bool, bool)>,
    trouble: Option<Trouble>,
}

impl Health {
    /// Whether all runs that is asked for.
    pub(super) fn is_well(&self) -> bool {
        self.trouble.is_none() && self.parts.iter().all(|(is_ready, _)| *is_ready)
    }
}

/// What a fingerprint of an object's fields is compared with.
type Expected = (Option<String>, Option<String>);

#[derive(Default)]
struct Content {
    live: HashMap<Uuid, BTreeMap<Key, Live>>,
    /// By our own list: id and fields of what was applied.
    expected: HashMap<Uuid, BTreeMap<Key, Expected>>,
    /// Whose watch has told all that there is.
    complete: HashSet<Source>,
    /// How far the watches of a kind have told, by the cluster's own count.
    told: HashMap<&'static str, u64>,
    /// What we wrote and the watches of its kind have not told yet: when each write was answered, by version.
    untold: HashMap<&'static str, BTreeMap<u64, Instant>>,
}

impl Content {
    fn heard(&mut self, kind: &'static Kind, version: u64) {
        let told = self.told.entry(kind.name).or_default();
        *told = version.max(*told);
        let Some(untold) = self.untold.get_mut(kind.name) else {
            return;
        };
        let later = untold.split_off(&(version + 1));
        // what was passed over was not watched, or written again before it was told
        if let Some(written) = std::mem::replace(untold, later).get(&version) {
            lagged(written.elapsed());
        }
    }
}

/// Shared by watches and reconciles.
#[derive(Default)]
pub(super) struct Index {
    content: Mutex<Content>,
}

impl Index {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether every watch has told all that there is.
    pub(super) fn is_complete(&self) -> bool {
        self.content().complete.len() == Source::all().len()
    }

    /// Takes over all objects of a source; answers the instances that something is other of than before.
    pub(super) fn replace(&self, listing: Listing) -> HashSet<Uuid> {
        let Listing { source, mut fresh } = listing;
        let mut content = self.content();
        let known: HashSet<Uuid> = content.live.keys().chain(fresh.keys()).copied().collect();
        let mut changed = HashSet::new();
        for instance in known {
            let fresh = fresh.remove(&instance).unwrap_or_default();
            let live = content.live.entry(instance).or_default();
            let of_source = live.iter().filter(|(key, _)| source.holds(key));
            if !of_source.eq(fresh.iter()) {
                changed.insert(instance);
                live.retain(|key, _| !source.holds(key));
                live.extend(fresh);
            }
            if live.is_empty() {
                content.live.remove(&instance);
            }
        }
        content.complete.insert(source);
        changed
    }

    /// Takes over one object that a watch tells of; answers its instance when it is other than before.
    pub(super) fn set(&self, kind: &'static Kind, object: &DynamicObject) -> Option<Uuid> {
        let (instance, key) = place(kind, &object.metadata)?;
        let live = Live::of(object);
        let mut content = self.content();
        content.heard(kind, live.version);
        let place = content.live.entry(instance).or_default().entry(key);
        let mut is_other = true;
        place
            .and_modify(|before| {
                // what we wrote since is not told yet
                let is_newer = live.version >= before.version;
                is_other = is_newer && !before.is_like(&live);
                if is_newer {
                    before.clone_from(&live);
                }
            })
            .or_insert(live.clone());
        is_other.then_some(instance)
    }

    /// Takes over an object as it was written, so that nobody takes for a difference what its watch has not told yet.
    /// One that the watch is past already may have gone since.
    pub(super) fn wrote(&self, kind: &'static Kind, object: &DynamicObject) {
        let Some((instance, key)) = place(kind, &object.metadata) else {
            return;
        };
        let live = Live::of(object);
        let mut content = self.content();
        let told = content.told.get(kind.name).copied();
        if told.is_none_or(|told| told < live.version) {
            let untold = content.untold.entry(kind.name).or_default();
            untold.insert(live.version, Instant::now());
            let objects = content.live.entry(instance).or_default();
            objects.insert(key, live);
        } else {
            lagged(Duration::ZERO);
        }
    }

    /// Takes an object out; answers its instance.
    pub(super) fn remove(&self, kind: &'static Kind, object: &DynamicObject) -> Option<Uuid> {
        let (instance, key) = place(kind, &object.metadata)?;
        let mut content = self.content();
        content.heard(kind, version(&object.metadata));
        let live = content.live.get_mut(&instance)?;
        // another one of its name may have been written since
        if live.get(&key).map(|live| &live.uid) == object.metadata.uid.as_ref() {
            live.remove(&key);
        }
        if live.is_empty() {
            content.live.remove(&instance);
        }
        Some(instance)
    }

    /// Notes how an instance's objects are listed: what the cluster is compared with.
    pub(super) fn expect(&self, instance: Uuid, listed: &[ClusterObject]) {
        let expected = listed.iter().filter_map(|object| {
            let kind = Kind::find(&object.kind)?;
            let key = (kind.name, object.name.clone());
            Some((key, (object.uid.clone(), object.owned.clone())))
        });
        let expected: BTreeMap<Key, Expected> = expected.collect();
        let mut content = self.content();
        if expected.is_empty() {
            content.expected.remove(&instance);
        } else {
            content.expected.insert(instance, expected);
        }
    }

    /// Whether an object that we listed is gone, or no longer as we applied it.
    pub(super) fn has_drifted(&self, instance: Uuid) -> bool {
        drifted(&self.content(), instance)
    }

    /// All instances that have something.
    pub(super) fn instances(&self) -> Vec<Uuid> {
        self.content().expected.keys().copied().collect()
    }

    /// All instances of which that is so.
    pub(super) fn drifted(&self) -> Vec<Uuid> {
        let content = self.content();
        let instances = content.expected.keys().copied();
        instances
            .filter(|instance| drifted(&content, *instance))
            .collect()
    }

    /// One of an instance's objects.
    pub(super) fn find(&self, instance: Uuid, kind: &Kind, name: &str) -> Option<Live> {
        let key = (kind.name, name.to_owned());
        self.content().live.get(&instance)?.get(&key).cloned()
    }

    /// All that was seen of an instance; pods, which are not ours to make, apart.
    pub(super) fn objects(&self, instance: Uuid) -> BTreeMap<Key, Live> {
        let content = self.content();
        let live = content.live.get(&instance).into_iter().flatten();
        let ours = live.filter(|((kind, _), _)| *kind != PODS.name);
        ours.map(|(key, live)| (key.clone(), live.clone()))
            .collect()
    }

    /// How an instance is by its objects' own word.
    pub(super) fn health(&self, instance: Uuid) -> Health {
        let content = self.content();
        let live = content.live.get(&instance).into_iter().flatten();
        let mut health = Health::default();
        for ((kind, _), live) in live {
            if Kind::find(kind).is_some_and(Kind::has_status) {
                health.parts.push((live.is_ready, live.is_up));
            }
            health.trouble = health.trouble.max(live.trouble);
        }
        health
    }

    /// The worst of what keeps an instance from running.
    pub(super) fn trouble(&self, instance: Uuid) -> Option<Trouble> {
        self.health(instance).trouble
    }
}

/// Notes how long after the answer to a write of ours its watch told of it.
fn lagged(lag: Duration) {
    metrics::histogram!("prov_watch_lag_seconds").record(lag);
}

fn drifted(content: &Content, instance: Uuid) -> bool {
    let Some(expected) = content.expected.get(&instance) else {
        return false;
    };
    let live = content.live.get(&instance);
    expected.iter().any(|(key, (uid, owned))| {
        let live = live.and_then(|live| live.get(key));
        live.is_none_or(|live| {
            Some(&live.uid) != uid.as_ref() || Some(&live.owned) != owned.as_ref()
        })
    })
}

/// Which instance an object belongs to: it says so itself, or, of a pod, its namespace does.
fn place(kind: &'static Kind, metadata: &ObjectMeta) -> Option<(Uuid, Key)> {
    let instance = if kind == &PODS {
        metadata.namespace.as_ref()?.strip_prefix("instance-")?
    } else {
        metadata.labels.as_ref()?.get(INSTANCE_LABEL)?
    };
    Some((instance.parse().ok()?, (kind.name, metadata.name.clone()?)))
}

/// Versions are numbers of one count for all objects.
fn version(metadata: &ObjectMeta) -> u64 {
    let version = metadata.resource_version.as_ref();
    version
        .and_then(|version| version.parse().ok())
        .unwrap_or_default()
}

impl Live {
    /// Whether it is the same but for when it was seen.
    fn is_like(&self, other: &Self) -> bool {
        let other = Self {
            version: self.version,
            ..other.clone()
        };
        *self == other
    }

    fn of(object: &DynamicObject) -> Self {
        let number = |pointer: &str| object.data.pointer(pointer).and_then(Value::as_i64);
        let address = object
            .data
            .pointer("/spec/clusterIP")
            .and_then(Value::as_str);
        let wanted = number("/spec/replicas");
        let count = |name: &str| number(&format!("/status/{name}")).unwrap_or_default();
        let is_current = number("/status/observedGeneration") >= object.metadata.generation;
        let is_ready = wanted.is_none_or(|wanted| {
            is_current && ["replicas", "updatedReplicas", "readyReplicas"].map(count) == [wanted; 3]
        });
        Self {
            uid: object.metadata.uid.clone().unwrap_or_default(),
            version: version(&object.metadata),
            owned: owned(&object.metadata),
            is_ready,
            is_up: count("readyReplicas") > 0,
            is_bare: wanted.is_some_and(|wanted| wanted > 0) && count("replicas") == 0,
            trouble: troubles::of(object),
            address: address.map(str::to_owned),
        }
    }
}

/// Tells by the cluster's own book of who set which field whether somebody took one of ours: the field is then in
/// theirs, whatever its value.
pub(super) fn owned(metadata: &ObjectMeta) -> String {
    let entries = metadata.managed_fields.iter().flatten();
    let ours = entries.filter(|entry| {
        entry.manager.as_deref() == Some(MANAGER) && entry.operation.as_deref() == Some("Apply")
    });
    let mut hash = Sha256::new();
    for entry in ours {
        let fields = entry.fields_v1.as_ref().map(|fields| fields.0.to_string());
        hash.update(fields.unwrap_or_default().as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(uid: &str, version: u64) -> DynamicObject {
        serde_json::from_value(
            json!({"metadata": {"name": "a", "uid": uid, "resourceVersion": version.to_string(),
            "labels": {INSTANCE_LABEL: Uuid::nil()}}}),
        )
        .unwrap()
    }

    #[test]
    fn what_was_written_counts_until_its_watch_is_past_it() {
        let kind = Kind::find("Service").unwrap();
        let index = Index::default();
        let uid = || index.find(Uuid::nil(), kind, "a").map(|live| live.uid);
        index.wrote(kind, &object("one", 5));
        assert_eq!(uid().as_deref(), Some("one"));
        // the watch is late: an older one of that name, and its end
        index.set(kind, &object("zero", 3));
        index.remove(kind, &object("zero", 4));
        assert_eq!(uid().as_deref(), Some("one"));
        // and then past it: the answer to our write comes after the object is gone
        index.remove(kind, &object("one", 6));
        index.wrote(kind, &object("one", 5));
        assert_eq!(uid(), None);
    }
}

//! What the cluster was last seen to hold of our instances, from watches: enough to know whether something is as it
//! was applied and whether it runs, in some hundred bytes an object.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::DynamicObject;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::daemon::cluster_objects::ClusterObject;
use uuid::Uuid;

use super::manifest::{INSTANCE_LABEL, KINDS, Kind, MANAGER};

/// An object's kind and name in its instance's namespace.
pub(super) type Key = (&'static str, String);

/// An object as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    /// The cluster's id of it.
    pub(super) uid: String,
    /// Which of its fields are ours.
    pub(super) owned: String,
    /// Whether everything that it asks for runs; true for what runs nothing.
    pub(super) is_ready: bool,
    /// Whether something of it runs.
    pub(super) is_up: bool,
}

/// What a fingerprint of an object's fields is compared with.
type Expected = (Option<String>, Option<String>);

#[derive(Default)]
struct Content {
    live: HashMap<Uuid, BTreeMap<Key, Live>>,
    /// By our own list: id and fields of what was applied.
    expected: HashMap<Uuid, BTreeMap<Key, Expected>>,
    /// Kinds whose watch has told all that there is.
    complete: HashSet<&'static str>,
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
        let watched = KINDS.iter().filter(|kind| kind.is_watched).count();
        self.content().complete.len() == watched
    }

    /// Takes over all objects of a kind; answers the instances that something is other of than before.
    pub(super) fn replace(&self, kind: &'static Kind, seen: &[DynamicObject]) -> HashSet<Uuid> {
        let mut fresh: HashMap<Uuid, BTreeMap<Key, Live>> = HashMap::new();
        for object in seen {
            if let Some((instance, key)) = place(kind, &object.metadata) {
                fresh
                    .entry(instance)
                    .or_default()
                    .insert(key, Live::of(object));
            }
        }
        let mut content = self.content();
        let known: HashSet<Uuid> = content.live.keys().chain(fresh.keys()).copied().collect();
        let mut changed = HashSet::new();
        for instance in known {
            let fresh = fresh.remove(&instance).unwrap_or_default();
            let live = content.live.entry(instance).or_default();
            let of_kind = |live: &BTreeMap<Key, Live>| -> BTreeMap<Key, Live> {
                let same = live.iter().filter(|((name, _), _)| *name == kind.name);
                same.map(|(key, live)| (key.clone(), live.clone()))
                    .collect()
            };
            if of_kind(live) != fresh {
                changed.insert(instance);
                live.retain(|(name, _), _| *name != kind.name);
                live.extend(fresh);
            }
            if live.is_empty() {
                content.live.remove(&instance);
            }
        }
        content.complete.insert(kind.name);
        changed
    }

    /// Takes over one object; answers its instance when it is other than before.
    pub(super) fn set(&self, kind: &'static Kind, object: &DynamicObject) -> Option<Uuid> {
        let (instance, key) = place(kind, &object.metadata)?;
        let live = Live::of(object);
        let mut content = self.content();
        let before = content
            .live
            .entry(instance)
            .or_default()
            .insert(key, live.clone());
        (before.as_ref() != Some(&live)).then_some(instance)
    }

    /// Takes an object out; answers its instance.
    pub(super) fn remove(&self, kind: &'static Kind, object: &DynamicObject) -> Option<Uuid> {
        let (instance, key) = place(kind, &object.metadata)?;
        let mut content = self.content();
        let live = content.live.get_mut(&instance)?;
        live.remove(&key);
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

    /// Whether an object that we listed is gone, or no longer as we applied it. What is not watched is left out.
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

    /// All that was seen of an instance.
    pub(super) fn objects(&self, instance: Uuid) -> BTreeMap<Key, Live> {
        let content = self.content();
        content.live.get(&instance).cloned().unwrap_or_default()
    }
}

fn drifted(content: &Content, instance: Uuid) -> bool {
    let Some(expected) = content.expected.get(&instance) else {
        return false;
    };
    let live = content.live.get(&instance);
    let is_watched = |name: &str| Kind::find(name).is_some_and(|kind| kind.is_watched);
    expected
        .iter()
        .filter(|((kind, _), _)| is_watched(kind))
        .any(|(key, (uid, owned))| {
            let live = live.and_then(|live| live.get(key));
            live.is_none_or(|live| {
                Some(&live.uid) != uid.as_ref() || Some(&live.owned) != owned.as_ref()
            })
        })
}

/// Which instance an object says that it belongs to.
fn place(kind: &'static Kind, metadata: &ObjectMeta) -> Option<(Uuid, Key)> {
    let label = metadata.labels.as_ref()?.get(INSTANCE_LABEL)?;
    Some((label.parse().ok()?, (kind.name, metadata.name.clone()?)))
}

impl Live {
    fn of(object: &DynamicObject) -> Self {
        let number = |pointer: &str| object.data.pointer(pointer).and_then(Value::as_i64);
        let wanted = number("/spec/replicas");
        let count = |name: &str| number(&format!("/status/{name}")).unwrap_or_default();
        let is_current = number("/status/observedGeneration") >= object.metadata.generation;
        let is_ready = wanted.is_none_or(|wanted| {
            is_current && ["replicas", "updatedReplicas", "readyReplicas"].map(count) == [wanted; 3]
        });
        Self {
            uid: object.metadata.uid.clone().unwrap_or_default(),
            owned: owned(&object.metadata),
            is_ready,
            is_up: count("readyReplicas") > 0,
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

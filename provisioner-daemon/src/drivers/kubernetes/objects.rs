//! Bringing the cluster's objects to what was rendered: listed before they are written, applied by stages, the rest
//! removed, what is as it should be left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use kube::ResourceExt;
use kube::api::DynamicObject;
use serde_json::{Value, json};
use store::daemon::Fenced;
use store::daemon::cluster_objects::{self, ClusterObject};
use store::daemon::instances::Instance;
use uuid::Uuid;

use super::index::owned;
use super::manifest::{INSTANCE_LABEL, Kind, Object};
use super::{KubernetesDriver, values};
use crate::drivers::{DriverError, Work};

/// Writes at once for one instance.
const AT_ONCE: usize = 6;

const DATABASE_AWAY: &str = "The platform's database does not answer.";
const CHART: &str = "The instance's parts could not be worked out. Please contact support.";
const MASS_PRUNE: &str =
    "A change would remove most of the instance. A person has to look at it first.";

/// What somebody made of an object, by the cluster's own word.
type State = (String, String);

impl KubernetesDriver {
    /// Makes the instance's objects what its row asks for. Without a difference nothing is rendered or written.
    pub(super) async fn ensure_objects(&self, work: &Work<'_>) -> Result<(), DriverError> {
        let instance = work.instance.id;
        let values = values::without_secrets(&self.config, work.instance)?;
        let digest = self.digest(&values).await?;
        let listed = cluster_objects::list(work.db, instance)
            .await
            .map_err(away)?;
        let render = cluster_objects::find_render(work.db, instance)
            .await
            .map_err(away)?;
        let live = self.states(instance);
        if render.digest.as_ref() == Some(&digest) && listed.iter().all(|one| is_so(one, &live)) {
            return Ok(());
        }
        let objects = self.rendered(values, work).await?;
        let is_confirmed = render.confirmed.as_ref() == Some(&digest);
        if removes_too_much(&listed, &objects) && !is_confirmed {
            held(cluster_objects::record_refused(work.db, work.claim, instance, &digest).await)?;
            let cause =
                anyhow::anyhow!("mass-prune: docs/kubernetes.md tells how to let it through");
            return Err(DriverError::permanent(MASS_PRUNE, cause));
        }
        let is_forgotten = listed.is_empty();
        let mut wanted: Vec<ClusterObject> = objects.iter().map(Object::listed).collect();
        if is_forgotten {
            wanted.extend(found(&live));
        }
        self.hold(work).await?;
        held(cluster_objects::add(work.db, work.claim, instance, &wanted).await)?;
        self.apply_by_stages(work, &objects, &listed, &live).await?;
        // What the list did not know before this pass is not removed in it.
        self.prune(work, &objects, &listed).await?;
        held(cluster_objects::record_applied(work.db, work.claim, instance, &digest).await)?;
        self.expect(work).await
    }

    /// Compares with what is listed now from here on.
    async fn expect(&self, work: &Work<'_>) -> Result<(), DriverError> {
        let instance = work.instance.id;
        let listed = cluster_objects::list(work.db, instance)
            .await
            .map_err(away)?;
        self.index.expect(instance, &listed);
        Ok(())
    }

    /// Has an instance's manifests made that has none yet: the step that applies them finds them so.
    pub(super) async fn render_ahead(&self, work: &Work<'_>) {
        if !self.index.objects(work.instance.id).is_empty() {
            return;
        }
        if let Ok(values) = values::without_secrets(&self.config, work.instance) {
            // an error is that step's to tell
            let _ = self.manifests(values, work).await;
        }
    }

    async fn rendered(&self, values: Value, work: &Work<'_>) -> Result<Vec<Object>, DriverError> {
        let manifests = self.manifests(values, work).await?;
        let instance = work.instance.id;
        super::manifest::read(&manifests, &super::namespace(instance), instance)
            .map_err(|error| DriverError::permanent(CHART, error))
    }

    async fn manifests(&self, values: Value, work: &Work<'_>) -> Result<Arc<str>, DriverError> {
        let values = values::with_secrets(values, &self.config, work).await?;
        let namespace = super::namespace(work.instance.id);
        let manifests = self
            .renderer
            .render(&namespace, &values, self.kube_version().await?)
            .await;
        manifests.map_err(|error| {
            if error.is_permanent() {
                DriverError::permanent(CHART, error)
            } else {
                DriverError::transient(CHART, error)
            }
        })
    }

    /// What there is of an instance, from the watches.
    fn states(&self, instance: Uuid) -> BTreeMap<(String, String), State> {
        let seen = self.index.objects(instance).into_iter();
        seen.map(|((kind, name), live)| ((kind.to_owned(), name), (live.uid, live.owned)))
            .collect()
    }

    async fn apply_by_stages(
        &self,
        work: &Work<'_>,
        objects: &[Object],
        listed: &[ClusterObject],
        live: &BTreeMap<(String, String), State>,
    ) -> Result<(), DriverError> {
        for stage in objects.chunk_by(|one, next| one.kind.stage == next.kind.stage) {
            let mut writes = Vec::new();
            for object in stage {
                let known = listed.iter().find(|one| is_same(one, object));
                let is_due = known
                    .is_none_or(|one| one.hash.as_ref() != Some(&object.hash) || !is_so(one, live));
                if is_due {
                    writes.push(self.apply_one(work, object).boxed());
                }
            }
            let writes = futures::stream::iter(writes).buffer_unordered(AT_ONCE);
            let written: Vec<Result<ClusterObject, DriverError>> = writes.collect().await;
            let (done, failed): (Vec<_>, Vec<_>) = written.into_iter().partition(Result::is_ok);
            let done: Vec<ClusterObject> = done.into_iter().flatten().collect();
            let claim = work.claim;
            held(cluster_objects::record(work.db, claim, work.instance.id, &done).await)?;
            if let Some(Err(error)) = failed.into_iter().next() {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn apply_one(
        &self,
        work: &Work<'_>,
        object: &Object,
    ) -> Result<ClusterObject, DriverError> {
        let namespace = super::namespace(work.instance.id);
        let mut object = object.clone();
        if object.kind.is_data() {
            let there = self
                .cluster
                .find(object.kind, &namespace, &object.name)
                .await?;
            keep_size(&mut object.body, there.as_ref());
        }
        let applied = self.cluster.apply(&namespace, &object).await?;
        self.index.wrote(object.kind, &applied);
        let (uid, owned) = state(&applied);
        Ok(ClusterObject {
            uid: Some(uid),
            owned: Some(owned),
            ..object.listed()
        })
    }

    /// Removes what is listed and no longer rendered. The customer's data stays, and so does what says it must.
    async fn prune(
        &self,
        work: &Work<'_>,
        objects: &[Object],
        listed: &[ClusterObject],
    ) -> Result<(), DriverError> {
        let gone = listed
            .iter()
            .filter(|one| !objects.iter().any(|object| is_same(one, object)));
        for one in gone {
            if Kind::find(&one.kind).is_some_and(Kind::is_data) {
                continue;
            }
            self.remove(work, one).await?;
        }
        Ok(())
    }

    /// Removes one object and takes it off the list.
    pub(super) async fn remove(
        &self,
        work: &Work<'_>,
        one: &ClusterObject,
    ) -> Result<(), DriverError> {
        let namespace = super::namespace(work.instance.id);
        let kind = Kind::find(&one.kind);
        let found = match kind {
            Some(kind) => self.cluster.find(kind, &namespace, &one.name).await?,
            None => None,
        };
        if let (Some(kind), Some(found)) = (kind, found) {
            let keeps = found.annotations().get("helm.sh/resource-policy");
            if keeps.is_some_and(|policy| policy == "keep") {
                return Ok(());
            }
            // A namesake that is not ours stays, and is none of our business.
            if found.labels().get(INSTANCE_LABEL) == Some(&work.instance.id.to_string()) {
                let uid = found.uid().unwrap_or_default();
                self.cluster
                    .remove(kind, &namespace, &one.name, &uid)
                    .await?;
                metrics::counter!("prov_orphans_pruned_total").increment(1);
            }
        }
        let (db, claim) = (work.db, work.claim);
        held(cluster_objects::forget(db, claim, work.instance.id, std::slice::from_ref(one)).await)
    }

    /// Whether what is listed is as it was applied, and from the values that the row asks for. Reads only.
    pub(super) async fn is_as_applied(
        &self,
        instance: &Instance,
        listed: &[ClusterObject],
    ) -> Result<bool, DriverError> {
        let values = values::without_secrets(&self.config, instance)?;
        let render = cluster_objects::find_render(&self.db, instance.id)
            .await
            .map_err(away)?;
        if render.digest != Some(self.digest(&values).await?) {
            return Ok(false);
        }
        let live = self.states(instance.id);
        Ok(listed.iter().all(|one| is_so(one, &live)))
    }
}

pub(super) fn away(error: store::daemon::Error) -> DriverError {
    DriverError::transient(DATABASE_AWAY, error)
}

/// A write under a claim that is lost ends the attempt.
pub(super) fn held(written: Result<Fenced, store::daemon::Error>) -> Result<(), DriverError> {
    match written.map_err(away)? {
        Fenced::Written => Ok(()),
        Fenced::Stale => Err(DriverError::transient(
            "Somebody else works on this instance.",
            anyhow::anyhow!("the claim is lost"),
        )),
    }
}

fn state(object: &DynamicObject) -> State {
    (object.uid().unwrap_or_default(), owned(&object.metadata))
}

fn is_same(one: &ClusterObject, object: &Object) -> bool {
    one.kind == object.kind.name && one.name == object.name
}

/// Whether a listed object is in the cluster as it was applied.
fn is_so(one: &ClusterObject, live: &BTreeMap<(String, String), State>) -> bool {
    let live = live.get(&(one.kind.clone(), one.name.clone()));
    live.is_some_and(|(uid, owned)| {
        one.uid.as_ref() == Some(uid) && one.owned.as_ref() == Some(owned)
    })
}

/// What carries the instance's label in its namespace, for a list that lost it.
fn found(live: &BTreeMap<(String, String), State>) -> Vec<ClusterObject> {
    let listed = live.iter().filter_map(|((kind, name), (uid, _))| {
        Some(ClusterObject {
            api_version: Kind::find(kind)?.api_version(),
            kind: kind.clone(),
            name: name.clone(),
            uid: Some(uid.clone()),
            hash: None,
            owned: None,
        })
    });
    listed.collect()
}

/// Whether more than half of what is listed would go, or everything.
fn removes_too_much(listed: &[ClusterObject], objects: &[Object]) -> bool {
    let kept: BTreeSet<(&str, &str)> = objects
        .iter()
        .map(|object| (object.kind.name, object.name.as_str()))
        .collect();
    let gone = listed
        .iter()
        .filter(|one| !kept.contains(&(one.kind.as_str(), one.name.as_str())));
    objects.is_empty() || gone.count() * 2 > listed.len()
}

/// A volume never shrinks, and grows only once a disk is behind it: Kubernetes would refuse anything else, and
/// another plan is no reason to fail.
fn keep_size(wanted: &mut DynamicObject, there: Option<&DynamicObject>) {
    const SIZE: &str = "/spec/resources/requests/storage";
    let size = |object: &DynamicObject| {
        let text = object.data.pointer(SIZE)?.as_str()?.to_owned();
        Some((bytes(&text)?, text))
    };
    let (Some((wanted_bytes, _)), Some((there_bytes, text))) = (size(wanted), there.and_then(size))
    else {
        return;
    };
    let phase = there.and_then(|there| there.data.pointer("/status/phase"));
    let is_bound = phase.and_then(Value::as_str) == Some("Bound");
    if (there_bytes > wanted_bytes || !is_bound)
        && let Some(place) = wanted.data.pointer_mut(SIZE)
    {
        *place = json!(text);
    }
}

/// A quantity of storage in bytes; only the forms that the chart's schema allows.
fn bytes(quantity: &str) -> Option<u128> {
    let digits = quantity.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u32 = match &quantity[digits.len()..] {
        "" => 0,
        "Ki" => 1,
        "Mi" => 2,
        "Gi" => 3,
        "Ti" => 4,
        _ => return None,
    };
    Some(digits.parse::<u128>().ok()? * 1024_u128.pow(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(size: &str, phase: &str) -> DynamicObject {
        serde_json::from_value(json!({
            "metadata": {"name": "a"},
            "spec": {"resources": {"requests": {"storage": size}}},
            "status": {"phase": phase},
        }))
        .unwrap()
    }

    #[test]
    fn a_volume_grows_when_it_can_and_never_shrinks() {
        for (wanted, there, kept) in [
            ("25Gi", claim("10Gi", "Bound"), "25Gi"),
            ("25Gi", claim("10Gi", "Pending"), "10Gi"),
            ("10Gi", claim("25Gi", "Bound"), "25Gi"),
            ("1024Mi", claim("1Gi", "Bound"), "1024Mi"),
        ] {
            let mut wanted = claim(wanted, "");
            keep_size(&mut wanted, Some(&there));
            assert_eq!(
                wanted.data["spec"]["resources"]["requests"]["storage"],
                kept
            );
        }
    }

    #[test]
    fn half_may_go_and_no_more() {
        let one = |name: &str| ClusterObject {
            api_version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            name: name.to_owned(),
            uid: None,
            hash: None,
            owned: None,
        };
        let listed = [one("a"), one("b"), one("c"), one("d")];
        let rendered = |names: &[&str]| {
            let manifests: Vec<String> = names
                .iter()
                .map(|name| {
                    format!(
                        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: a}}\n"
                    )
                })
                .collect();
            super::super::manifest::read(&manifests.join("---\n"), "a", Uuid::from_u128(1)).unwrap()
        };
        assert!(!removes_too_much(&listed, &rendered(&["a", "b"])));
        assert!(removes_too_much(&listed, &rendered(&["a"])));
        assert!(removes_too_much(&listed, &rendered(&["e", "f", "g", "h"])));
        assert!(removes_too_much(&[], &[]));
        assert!(!removes_too_much(&[], &rendered(&["a"])));
    }
}

//! Rendered manifests as objects: which are allowed, in which order they are made, and what marks them as ours.

use std::collections::BTreeSet;

use kube::api::{ApiResource, DynamicObject};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::daemon::cluster_objects::ClusterObject;
use uuid::Uuid;

/// Names the instance that an object belongs to.
pub(super) const INSTANCE_LABEL: &str = "mindroom.chat/instance";
/// Who made it.
pub(super) const MANAGER: &str = "mindroom-provisioner";

/// Kinds that an instance may consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// As manifests say it.
    pub name: &'static str,
    /// Empty for the core group.
    group: &'static str,
    plural: &'static str,
    /// Lower ones are made first and removed last.
    pub stage: u8,
    /// The only names that they may have; empty for any.
    pub names: &'static [&'static str],
}

/// Secrets are watched by name alone, since roles can say no more: those of others stay unseen.
const SECRETS: &[&str] = &["instance-mindroom", "instance-synapse"];

/// What instances' controllers make: watched, and never made by us.
pub(super) const PODS: Kind = kind("Pod", "", "pods", 2);

/// All of them, in the order in which they are made: what limits pods before pods, what they read before them, the
/// way in last.
pub const KINDS: &[Kind] = &[
    kind("ServiceAccount", "", "serviceaccounts", 0),
    kind("LimitRange", "", "limitranges", 0),
    kind("NetworkPolicy", "networking.k8s.io", "networkpolicies", 0),
    kind("PersistentVolumeClaim", "", "persistentvolumeclaims", 0),
    kind("Service", "", "services", 0),
    // after what it counts beside pods: each of those would wait for its books
    kind("ResourceQuota", "", "resourcequotas", 1),
    Kind {
        names: SECRETS,
        ..kind("Secret", "", "secrets", 1)
    },
    kind("ConfigMap", "", "configmaps", 1),
    kind("StatefulSet", "apps", "statefulsets", 2),
    kind("Deployment", "apps", "deployments", 2),
    kind("Ingress", "networking.k8s.io", "ingresses", 3),
];

const fn kind(name: &'static str, group: &'static str, plural: &'static str, stage: u8) -> Kind {
    Kind {
        name,
        group,
        plural,
        stage,
        names: &[],
    }
}

impl Kind {
    /// The allowed kind of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// Group and version, as objects say them.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            "v1".to_owned()
        } else {
            format!("{}/v1", self.group)
        }
    }

    /// How its objects are asked for.
    pub fn resource(&self) -> ApiResource {
        ApiResource {
            group: self.group.to_owned(),
            version: "v1".to_owned(),
            api_version: self.api_version(),
            kind: self.name.to_owned(),
            plural: self.plural.to_owned(),
        }
    }

    /// Whether it holds the customer's data.
    pub fn is_data(&self) -> bool {
        self.name == "PersistentVolumeClaim"
    }

    /// Whether its objects say by their status whether something runs.
    pub(super) fn has_status(&self) -> bool {
        self.stage == 2
    }

    /// Whether more of its objects is of use than what is said about them: a status, or where a Service is.
    pub(super) fn is_watched_whole(&self) -> bool {
        self.has_status() || self.name == "Service"
    }

    /// Whether it lets people in, or runs something.
    pub fn is_workload(&self) -> bool {
        self.stage >= 2
    }
}

/// What is wrong with rendered manifests. None of it is ever applied.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ManifestError {
    /// No YAML, or no objects.
    #[error("not a list of objects: {0}")]
    Form(String),
    /// A kind, or one of its names, that no instance needs.
    #[error("{0} is not allowed")]
    Kind(String),
    /// Of somebody else's namespace, or of none.
    #[error("{0} is not in the instance's namespace")]
    Foreign(String),
    /// One object given twice.
    #[error("{0} is there twice")]
    Duplicate(String),
}

/// One object to be applied.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// Its kind.
    pub(super) kind: &'static Kind,
    /// Its name.
    pub(super) name: String,
    /// Of its content.
    pub(super) hash: String,
    /// Its content, stamped.
    pub(super) body: DynamicObject,
}

impl Object {
    /// As it is listed.
    pub(super) fn listed(&self) -> ClusterObject {
        ClusterObject {
            api_version: self.kind.api_version(),
            kind: self.kind.name.to_owned(),
            name: self.name.clone(),
            uid: None,
            hash: Some(self.hash.clone()),
            owned: None,
        }
    }
}

/// Reads manifests, refuses what must not be there, stamps the rest and puts it in order.
pub(super) fn read(
    manifests: &str,
    namespace: &str,
    instance: Uuid,
) -> Result<Vec<Object>, ManifestError> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifests)
        .map_err(|error| ManifestError::Form(error.to_string()))?;
    let mut seen = BTreeSet::new();
    let mut objects = Vec::new();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        let object = read_one(document, namespace, instance)?;
        let id = format!("{}/{}", object.kind.name, object.name);
        if !seen.insert(id.clone()) {
            return Err(ManifestError::Duplicate(id));
        }
        objects.push(object);
    }
    objects.sort_by(|a, b| {
        (a.kind.stage, a.kind.name, &a.name).cmp(&(b.kind.stage, b.kind.name, &b.name))
    });
    Ok(objects)
}

fn read_one(mut body: Value, namespace: &str, instance: Uuid) -> Result<Object, ManifestError> {
    let text = |value: &Value, pointer: &str| {
        let found = value.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let name = text(&body, "/metadata/name");
    let id = format!("{}/{name}", text(&body, "/kind"));
    let known = Kind::find(&text(&body, "/kind"));
    let kind = known.filter(|kind| kind.api_version() == text(&body, "/apiVersion"));
    let kind = kind.filter(|kind| kind.names.is_empty() || kind.names.contains(&name.as_str()));
    let kind = kind.ok_or_else(|| ManifestError::Kind(id.clone()))?;
    if text(&body, "/metadata/namespace") != namespace || name.is_empty() {
        return Err(ManifestError::Foreign(id));
    }
    let labels = &mut body["metadata"]["labels"];
    if !labels.is_object() {
        *labels = json!({});
    }
    labels["app.kubernetes.io/managed-by"] = json!(MANAGER);
    labels[INSTANCE_LABEL] = json!(instance);
    let hash = hex::encode(Sha256::digest(body.to_string().as_bytes()));
    let body =
        serde_json::from_value(body).map_err(|error| ManifestError::Form(error.to_string()))?;
    Ok(Object {
        kind,
        name,
        hash,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMESPACE: &str = "instance-a";

    fn manifest(api_version: &str, kind: &str, namespace: &str, name: &str) -> String {
        format!(
            "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        )
    }

    fn read_all(manifests: &[String]) -> Result<Vec<Object>, ManifestError> {
        read(&manifests.join("---\n"), NAMESPACE, Uuid::from_u128(1))
    }

    #[test]
    fn what_pods_need_comes_before_them_and_all_is_marked() {
        let objects = read_all(&[
            manifest("networking.k8s.io/v1", "Ingress", NAMESPACE, "a"),
            manifest("apps/v1", "Deployment", NAMESPACE, "a"),
            "# nothing but a comment\n".to_owned(),
            manifest("v1", "Secret", NAMESPACE, SECRETS[0]),
            manifest("v1", "ResourceQuota", NAMESPACE, "a"),
        ])
        .unwrap();
        let kinds: Vec<&str> = objects.iter().map(|object| object.kind.name).collect();
        assert_eq!(kinds, ["ResourceQuota", "Secret", "Deployment", "Ingress"]);
        for object in &objects {
            let labels = object.body.metadata.labels.clone().unwrap();
            assert_eq!(labels[INSTANCE_LABEL], Uuid::from_u128(1).to_string());
        }
    }

    #[test]
    fn what_must_not_be_there_is_refused_whole() {
        let good = manifest("v1", "Secret", NAMESPACE, SECRETS[0]);
        for (bad, refusal) in [
            (
                manifest(
                    "rbac.authorization.k8s.io/v1",
                    "ClusterRole",
                    NAMESPACE,
                    "a",
                ),
                ManifestError::Kind("ClusterRole/a".to_owned()),
            ),
            (
                manifest("v2", "Secret", NAMESPACE, "b"),
                ManifestError::Kind("Secret/b".to_owned()),
            ),
            (
                manifest("v1", "Secret", NAMESPACE, "b"),
                ManifestError::Kind("Secret/b".to_owned()),
            ),
            (
                manifest("v1", "Service", "kube-system", "b"),
                ManifestError::Foreign("Service/b".to_owned()),
            ),
            (
                good.clone(),
                ManifestError::Duplicate("Secret/instance-mindroom".to_owned()),
            ),
        ] {
            assert_eq!(read_all(&[good.clone(), bad]).unwrap_err(), refusal);
        }
        let broken = read_all(&["a: [".to_owned()]);
        assert!(matches!(broken, Err(ManifestError::Form(_))));
    }

    #[test]
    fn equal_content_has_an_equal_hash() {
        let hash = |name: &str| {
            read_all(&[manifest("v1", "Service", NAMESPACE, name)]).unwrap()[0]
                .hash
                .clone()
        };
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
    }
}

//! An instance's namespace: made by the daemon, with what the chart may not hold, and the mark of the last claim.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::{ConfigMap, Event, Namespace};
use k8s_openapi::api::rbac::v1::{RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams, PostParams, Preconditions};
use uuid::Uuid;

use super::KubernetesDriver;
use super::cluster::CallError;
use super::manifest::{INSTANCE_LABEL, MANAGER};
use super::troubles::{self, Trouble};
use crate::drivers::{DriverError, Work};

/// How long new rights are waited for.
const RIGHTS_TRIES: u32 = 100;
const RIGHTS_PAUSE: Duration = Duration::from_millis(50);

/// Names the last claim that worked there.
const ANCHOR: &str = "mindroom-anchor";
/// What the daemon may do in an instance's namespace; granted there and nowhere else.
const ROLE: &str = "mindroom-instance-manager";

/// What became of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// There is none.
    None,
    /// It can be worked in.
    There,
    /// It is being removed.
    Ending,
}

impl KubernetesDriver {
    pub(super) async fn space(&self, instance: Uuid) -> Result<Space, CallError> {
        let name = super::namespace(instance);
        let found = self
            .cluster
            .ask(self.cluster.namespaces().get_opt(&name))
            .await?;
        Ok(match found {
            None => Space::None,
            Some(space) if space.metadata.deletion_timestamp.is_some() => Space::Ending,
            Some(_) => Space::There,
        })
    }

    /// Makes the namespace and what is needed to work in it.
    pub(super) async fn ensure_space(&self, instance: Uuid) -> Result<(), CallError> {
        let name = super::namespace(instance);
        let space = Namespace {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                labels: Some(labels(&[
                    (INSTANCE_LABEL, &instance.to_string()),
                    ("pod-security.kubernetes.io/enforce", "restricted"),
                    ("pod-security.kubernetes.io/warn", "restricted"),
                ])),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        self.ensure_there(&self.cluster.namespaces(), &space)
            .await?;
        let Some(service_account) = &self.config.service_account else {
            // somebody with rights everywhere
            return Ok(());
        };
        let binding = RoleBinding {
            metadata: metadata(ROLE),
            role_ref: RoleRef {
                api_group: Some("rbac.authorization.k8s.io".to_owned()),
                kind: "ClusterRole".to_owned(),
                name: ROLE.to_owned(),
            },
            subjects: Some(vec![Subject {
                kind: "ServiceAccount".to_owned(),
                name: service_account.name.clone(),
                namespace: Some(service_account.namespace.clone()),
                ..Subject::default()
            }]),
        };
        let bindings = self.cluster.typed::<RoleBinding>(&name);
        let is_new = self.ensure_there(&bindings, &binding).await?;
        if is_new || !self.entered.lock().await.contains(&instance) {
            self.await_rights(&name).await?;
            self.entered.lock().await.insert(instance);
        }
        Ok(())
    }

    /// Makes sure that we may work in a namespace that is there; whoever made it may have ended before it let us in.
    pub(super) async fn enter(&self, instance: Uuid) -> Result<(), CallError> {
        if self.entered.lock().await.contains(&instance) {
            return Ok(());
        }
        self.ensure_space(instance).await
    }

    /// A binding holds some moments after it was made; until then everything would be refused for good.
    async fn await_rights(&self, namespace: &str) -> Result<(), CallError> {
        let reviews: Api<SelfSubjectAccessReview> = Api::all(self.cluster.client());
        let question = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    namespace: Some(namespace.to_owned()),
                    verb: Some("patch".to_owned()),
                    resource: Some("secrets".to_owned()),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        for _ in 0..RIGHTS_TRIES {
            let answer = self
                .cluster
                .ask(reviews.create(&PostParams::default(), &question))
                .await?;
            if answer.status.is_some_and(|status| status.allowed) {
                return Ok(());
            }
            tokio::time::sleep(RIGHTS_PAUSE).await;
        }
        Err(self.cluster.too_slow())
    }

    /// Makes it unless it is there; answers whether it was not.
    async fn ensure_there<K>(&self, api: &Api<K>, wanted: &K) -> Result<bool, CallError>
    where
        K: kube::Resource
            + Clone
            + std::fmt::Debug
            + serde::Serialize
            + serde::de::DeserializeOwned,
    {
        if self
            .cluster
            .ask(api.get_opt(&wanted.name_any()))
            .await?
            .is_some()
        {
            return Ok(false);
        }
        let how = PostParams::default();
        let create = api.create(&how, wanted);
        match self.cluster.write("create", create).await {
            Err(error) if error.is_conflict() => Ok(true),
            done => done.map(|_| true),
        }
    }

    /// The anchor, if there is one, and the claim that it names.
    pub(super) async fn raised(
        &self,
        instance: Uuid,
    ) -> Result<(Option<ConfigMap>, i64), CallError> {
        let api: Api<ConfigMap> = self.cluster.typed(&super::namespace(instance));
        let anchor = self.cluster.ask(api.get_opt(ANCHOR)).await?;
        let data = anchor.as_ref().and_then(|anchor| anchor.data.as_ref());
        let fence = data.and_then(|data| data.get("fence")?.parse().ok());
        Ok((anchor, fence.unwrap_or_default()))
    }

    /// Notes a claim in the namespace by compare and swap; answers the one that is noted then.
    pub(super) async fn raise(&self, work: &Work<'_>) -> Result<i64, DriverError> {
        let fence = work.claim.fence;
        let how = PostParams::default();
        let api: Api<ConfigMap> = self.cluster.typed(&super::namespace(work.instance.id));
        let (anchor, last) = self.raised(work.instance.id).await?;
        let Some(mut anchor) = anchor else {
            let fresh = ConfigMap {
                metadata: metadata(ANCHOR),
                data: Some(noted(fence)),
                ..ConfigMap::default()
            };
            let create = api.create(&how, &fresh);
            self.cluster.write("create", create).await?;
            return Ok(fence);
        };
        if last >= fence {
            return Ok(last);
        }
        anchor.data = Some(noted(fence));
        // with the version that was read: a later claim's write makes this one fail
        let replace = api.replace(ANCHOR, &how, &anchor);
        self.cluster.write("replace", replace).await?;
        Ok(fence)
    }

    /// To be called before anything is changed: nobody who claimed the instance later was there.
    pub(super) async fn hold(&self, work: &Work<'_>) -> Result<(), DriverError> {
        let noted = self.raise(work).await?;
        if noted <= work.claim.fence {
            return Ok(());
        }
        let cause = anyhow::anyhow!("claim {noted} was here, ours is {}", work.claim.fence);
        Err(DriverError::transient(
            "Somebody else works on this instance.",
            cause,
        ))
    }

    /// Begins to remove the namespace with all in it.
    pub(super) async fn remove_space(&self, instance: Uuid) -> Result<(), CallError> {
        let name = super::namespace(instance);
        let namespaces = self.cluster.namespaces();
        let found = self.cluster.ask(namespaces.get_opt(&name)).await?;
        let Some(space) = found else {
            return Ok(());
        };
        let how = DeleteParams::background().preconditions(Preconditions {
            uid: space.uid(),
            resource_version: None,
        });
        let delete = namespaces.delete(&name, &how);
        match self.cluster.write("delete", delete).await {
            Err(error) if error.is_not_found() => Ok(()),
            done => done.map(drop),
        }
    }

    /// Why a part has no pods, by what the cluster told of it last.
    pub(super) async fn refusal(
        &self,
        instance: Uuid,
        (kind, name): (&str, &str),
    ) -> Result<Option<Trouble>, CallError> {
        let events: Api<Event> = self.cluster.typed(&super::namespace(instance));
        let of_part =
            format!("reason=FailedCreate,involvedObject.kind={kind},involvedObject.name={name}");
        let of_part = ListParams::default().fields(&of_part);
        let told = self.cluster.ask(events.list(&of_part)).await?;
        let last = told
            .items
            .into_iter()
            .max_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
        Ok(last.map(|event| troubles::of_refusal(&event.message.unwrap_or_default())))
    }
}

fn noted(fence: i64) -> BTreeMap<String, String> {
    BTreeMap::from([("fence".to_owned(), fence.to_string())])
}

/// Without the instance's label, which is for what the chart renders.
fn metadata(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        labels: Some(labels(&[])),
        ..ObjectMeta::default()
    }
}

fn labels(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let all = [("app.kubernetes.io/managed-by", MANAGER)];
    let all = all.iter().chain(more);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

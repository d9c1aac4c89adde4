//! Calls to the API server: bounded in time, so that none outlives a lease, and told apart by what to do next.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, Preconditions};
use kube::{Client, Config};
use tokio::sync::Semaphore;

use super::manifest::{Kind, MANAGER, Object};
use crate::drivers::DriverError;

/// Below what is left of a lease when its holder stops.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Writes at once, of all instances.
const WRITES_AT_ONCE: usize = 32;

const AWAY: &str = "The cluster does not answer at the moment. We keep trying.";
const QUOTA: &str = "The plan's limits do not allow it. Please contact support.";
const REFUSED: &str = "The cluster refused a part of the instance. Please contact support.";

/// Why a call did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// What the API server said, or that it could not be reached.
    #[error(transparent)]
    Said(#[from] kube::Error),
    /// No answer in time.
    #[error("no answer within {} s", CALL_LIMIT.as_secs())]
    TooSlow,
}

impl CallError {
    fn status(&self) -> Option<&kube::core::Status> {
        match self {
            Self::Said(kube::Error::Api(status)) => Some(status),
            _ => None,
        }
    }

    /// There is no such object.
    pub(super) fn is_not_found(&self) -> bool {
        self.status().is_some_and(kube::core::Status::is_not_found)
    }

    /// Somebody else was there first.
    pub(super) fn is_conflict(&self) -> bool {
        self.status()
            .is_some_and(|status| status.code == http::StatusCode::CONFLICT)
    }
}

impl From<CallError> for DriverError {
    /// What the cluster forbids or finds wrong stays so however often it is asked; all else may pass.
    fn from(error: CallError) -> Self {
        let Some(status) = error.status() else {
            return Self::transient(AWAY, error);
        };
        // of a namespace that is about to be gone
        let is_ending = status.message.contains("is being terminated");
        match status.code {
            403 if status.message.contains("exceeded quota") => Self::permanent(QUOTA, error),
            400 | 403 | 405 | 422 if !is_ending => Self::permanent(REFUSED, error),
            _ => Self::transient(AWAY, error),
        }
    }
}

/// A cluster, with what the daemon may do there.
pub(super) struct Cluster {
    client: Client,
    turns: Semaphore,
}

impl Cluster {
    /// A client without retries of its own, which would last minutes.
    pub(super) fn new(mut config: Config) -> Result<Self, kube::Error> {
        config.default_retry = false;
        config.connect_timeout = Some(CALL_LIMIT / 2);
        Ok(Self {
            client: Client::try_from(config)?,
            turns: Semaphore::new(WRITES_AT_ONCE),
        })
    }

    /// The client itself, for watches.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Its version, as Helm wants it.
    pub(super) async fn version(&self) -> Result<String, CallError> {
        let info = bounded(self.client.apiserver_version()).await?;
        // a distribution adds its own after a `+`, which is no part of what charts ask for
        let version = info.git_version.split('+').next();
        Ok(version.unwrap_or_default().to_owned())
    }

    fn api(&self, kind: &Kind, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &kind.resource())
    }

    /// Namespaces.
    pub(super) fn namespaces(&self) -> Api<Namespace> {
        Api::all(self.client.clone())
    }

    /// Objects of a kind that Kubernetes itself has, in one namespace.
    pub(super) fn typed<K>(&self, namespace: &str) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// Makes an object as it should be, whatever others did to the fields that are ours.
    pub(super) async fn apply(
        &self,
        namespace: &str,
        object: &Object,
    ) -> Result<DynamicObject, CallError> {
        let how = PatchParams::apply(MANAGER).force().validation_strict();
        let api = self.api(object.kind, namespace);
        let patch = Patch::Apply(&object.body);
        self.write("apply", api.patch(&object.name, &how, &patch))
            .await
    }

    /// An object, if it is there.
    pub(super) async fn find(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Option<DynamicObject>, CallError> {
        bounded(self.api(kind, namespace).get_opt(name)).await
    }

    /// Objects of a kind.
    pub(super) async fn list(
        &self,
        kind: &Kind,
        namespace: &str,
    ) -> Result<Vec<DynamicObject>, CallError> {
        let all = kube::api::ListParams::default();
        let listed = bounded(self.api(kind, namespace).list(&all)).await?;
        Ok(listed.items)
    }

    /// Removes that very object; another one of its name stays.
    pub(super) async fn remove(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<(), CallError> {
        let how = DeleteParams::background().preconditions(Preconditions {
            uid: Some(uid.to_owned()),
            resource_version: None,
        });
        let api = self.api(kind, namespace);
        match self.write("delete", api.delete(name, &how)).await {
            Err(error) if error.is_not_found() => Ok(()),
            done => done.map(drop),
        }
    }

    /// A write, counted, when it is its turn.
    pub(super) async fn write<T>(
        &self,
        verb: &'static str,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, CallError> {
        // never closed
        let _turn = self.turns.acquire().await;
        metrics::counter!("prov_api_writes_total", "verb" => verb).increment(1);
        bounded(call).await
    }
}

/// An answer, or that none came in time.
pub(super) async fn bounded<T>(
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, CallError> {
    match tokio::time::timeout(CALL_LIMIT, call).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(CallError::TooSlow),
    }
}

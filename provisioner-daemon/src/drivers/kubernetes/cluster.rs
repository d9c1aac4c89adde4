//! Calls to the API server: bounded in time, so that none outlives a lease, and told apart by what to do next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, Preconditions};
use kube::client::ClientBuilder;
use kube::{Client, Config};
use tokio::sync::Semaphore;
use tower::util::MapResponseLayer;

use super::manifest::{Kind, MANAGER, Object};
use super::reach::Reach;
use crate::drivers::{DriverError, Outage};

/// Below what is left of a lease when its holder stops.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// Writes at once, of all instances.
const WRITES_AT_ONCE: usize = 32;
/// A connection without a byte for so long is dead: watches are told something every minute.
const SILENCE: Duration = Duration::from_mins(3);
/// Between two probes of an API server that is away.
const PROBE: Duration = Duration::from_secs(2);
/// How soon a namespace that is about to be gone is worth another look.
const ENDING: Outage = Outage {
    is_lost: false,
    again: Duration::from_secs(3),
};
/// How soon a quota that was in the way is tried again.
const QUOTA_LOOK: Duration = Duration::from_secs(15);

/// What customers read while nothing can be seen or changed.
pub(super) const AWAY: &str =
    "The servers that run instances do not answer us at the moment. We keep trying.";
const UNCLEAR: &str = "The cluster could not do it yet.";
const QUOTA: &str = "The plan's limits do not allow it. Please contact support.";
const REFUSED: &str = "The cluster refused a part of the instance. Please contact support.";

/// Why a call did not do what it was to do.
#[derive(Debug, thiserror::Error)]
enum Cause {
    /// What the API server said, or that it could not be reached.
    #[error(transparent)]
    Said(#[from] kube::Error),
    #[error("no answer within {} s", CALL_LIMIT.as_secs())]
    TooSlow,
    #[error("not asked, since the API server is away or wants to be left alone")]
    NotAsked,
}

/// A call that did not do what it was to do.
#[derive(Debug, thiserror::Error)]
#[error("the cluster did not do it")]
pub(super) struct CallError {
    #[source]
    cause: Cause,
    /// When to come back, should nobody be there.
    outage: Outage,
}

impl CallError {
    fn status(&self) -> Option<&kube::core::Status> {
        match &self.cause {
            Cause::Said(kube::Error::Api(status)) => Some(status),
            _ => None,
        }
    }

    /// What the cluster said, for figures; `none` when it said nothing.
    fn code(&self) -> String {
        let status = self.status();
        status.map_or_else(|| "none".to_owned(), |status| status.code.to_string())
    }

    /// There is no such object.
    pub(super) fn is_not_found(&self) -> bool {
        self.status().is_some_and(kube::core::Status::is_not_found)
    }

    /// Somebody else was there first.
    pub(super) fn is_conflict(&self) -> bool {
        self.status()
            .is_some_and(|status| status.code == StatusCode::CONFLICT)
    }

    /// Whether the API server cannot say anything at present, to anybody.
    fn is_outage(&self) -> bool {
        match &self.cause {
            Cause::Said(error) => is_outage(error),
            Cause::TooSlow | Cause::NotAsked => true,
        }
    }
}

impl From<CallError> for DriverError {
    /// What the cluster forbids or finds wrong stays so however often it is asked; all else may pass.
    fn from(error: CallError) -> Self {
        if error.is_outage() {
            return Self::away(AWAY, error.outage, error);
        }
        let says = |text: &str| {
            let status = error.status();
            status.is_some_and(|status| status.message.contains(text))
        };
        if says("is being terminated") {
            return Self::away(AWAY, ENDING, error);
        }
        match error.status().map(|status| status.code) {
            Some(403) if says("exceeded quota") => Self::blocked(QUOTA, QUOTA_LOOK, error),
            Some(400 | 403 | 405 | 422) => Self::permanent(REFUSED, error),
            _ => Self::transient(UNCLEAR, error),
        }
    }
}

/// Whether an error says that the API server itself is in trouble, and not what was asked.
pub(super) fn is_outage(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => match status.code {
            429 | 502..=504 => true,
            // its store's, unless somebody's webhook is to blame
            500 => !status.message.contains("webhook"),
            _ => false,
        },
        kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => true,
        _ => false,
    }
}

/// A cluster, with what the daemon may do there.
pub(super) struct Cluster {
    client: Client,
    reach: Arc<Reach>,
    turns: Semaphore,
}

impl Cluster {
    /// A client without retries of its own, which would last minutes.
    pub(super) fn new(mut config: Config) -> Result<Self, kube::Error> {
        config.default_retry = false;
        config.connect_timeout = Some(CALL_LIMIT / 2);
        config.read_timeout.get_or_insert(SILENCE);
        let reach = Arc::new(Reach::default());
        let noted = Arc::clone(&reach);
        let note = MapResponseLayer::new(move |response| {
            note(&noted, &response);
            response
        });
        Ok(Self {
            client: ClientBuilder::try_from(config)?.with_layer(&note).build(),
            reach,
            turns: Semaphore::new(WRITES_AT_ONCE),
        })
    }

    /// Whether it can be reached.
    pub(super) fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// Probes while it is away, for ever.
    pub(super) async fn probe(&self) {
        loop {
            self.reach.away().await;
            tokio::time::sleep(PROBE).await;
            let asked = self.client.apiserver_version();
            // whether it worked is noted
            let _ = self.noted(tokio::time::timeout(CALL_LIMIT, asked).await);
        }
    }

    /// The client itself, for watches.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Its version, as Helm wants it.
    pub(super) async fn version(&self) -> Result<String, CallError> {
        let info = self.ask(self.client.apiserver_version()).await?;
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
        self.ask(self.api(kind, namespace).get_opt(name)).await
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
        let began = Instant::now();
        let answer = self.ask(call).await;
        let code = match &answer {
            Ok(_) => "ok".to_owned(),
            Err(error) => error.code(),
        };
        metrics::histogram!("prov_api_call_seconds", "verb" => verb, "code" => code)
            .record(began.elapsed());
        answer
    }

    /// An answer, or why there is none: not while it is known that nobody answers, and not for long.
    pub(super) async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, CallError> {
        match self.reach.admit() {
            Ok(()) => self.noted(tokio::time::timeout(CALL_LIMIT, call).await),
            Err(outage) => Err(CallError {
                cause: Cause::NotAsked,
                outage,
            }),
        }
    }

    /// Takes note of whether somebody answered.
    fn noted<T>(
        &self,
        answer: Result<Result<T, kube::Error>, tokio::time::error::Elapsed>,
    ) -> Result<T, CallError> {
        let cause = match answer {
            Ok(Ok(answer)) => {
                self.reach.answered();
                return Ok(answer);
            }
            Ok(Err(error)) => Cause::Said(error),
            Err(_) => Cause::TooSlow,
        };
        let outage = self.reach.outage();
        let error = CallError { cause, outage };
        match error.status().map(|status| status.code) {
            // it is there, and busy
            Some(429) => {}
            _ if error.is_outage() => self.reach.failed(),
            _ => self.reach.answered(),
        }
        Err(error)
    }

    /// That something else took too long.
    pub(super) fn too_slow(&self) -> CallError {
        CallError {
            cause: Cause::TooSlow,
            outage: self.reach.outage(),
        }
    }
}

/// Takes note of a wish to be left alone.
fn note<B>(reach: &Reach, response: &Response<B>) {
    if !matches!(
        response.status(),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        return;
    }
    let asked = response.headers().get(RETRY_AFTER);
    let seconds = asked.and_then(|asked| asked.to_str().ok()?.parse().ok());
    // without a figure, what one waits who was not told
    reach.leave_alone(Duration::from_secs(seconds.unwrap_or(1)));
}

//! What a route leads to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::handler::{
    ExpirationError, InstantiationError, ProxyHandler, TrapOrPanicError,
};

use crate::app::trigger::StaticResponse;
use crate::runtime::instances::{Instances, Taken};

/// How long a request waits for its turn before it is sent away.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A component, or an answer that is always the same.
pub(crate) enum Target {
    Component(Arc<Served>),
    Static(Arc<FixedAnswer>),
}

/// A component in service.
pub(crate) struct Served {
    pub(crate) id: Arc<str>,
    handler: ProxyHandler<Instances>,
    turns: Arc<Semaphore>,
}

/// A `static_response`, checked.
pub(crate) struct FixedAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why a component gave no answer. It is logged where it is seen; clients learn the status only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No turn came in time.
    Busy,
    /// Trap, time-out, an error that it returned, or in strict mode a transaction left open.
    Failed,
}

/// A request's turn; it lasts until its answer is sent.
pub(crate) struct Turn {
    taken: Taken,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Whether the instance failed, so that an answer that seems to end is cut off.
    pub(crate) fn has_failed(&self) -> bool {
        let taker = self.taken.get();
        taker.is_some_and(|taker| taker.condition.has_failed())
    }
}

impl Served {
    pub(crate) fn new(instances: Instances) -> Self {
        Self {
            id: Arc::clone(&instances.services.component),
            turns: Arc::new(Semaphore::new(
                instances.limits.max_concurrent_requests.max(1),
            )),
            handler: ProxyHandler::new(instances),
        }
    }

    /// Lets the component answer.
    pub(crate) async fn answer(
        &self,
        request: wasmtime_wasi_http::handler::Request,
    ) -> Result<(wasmtime_wasi_http::handler::Response, Turn), Failure> {
        let permit = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_turn().await?,
        };
        let path = request.uri().path().to_owned();
        let taken = Taken::default();
        let outcome = self.handler.handle(Arc::clone(&taken), request).await;
        if let Some(leases) = taken.get().and_then(|taker| taker.leases.as_ref())
            && leases.any_left_open().await
        {
            return Err(Failure::Failed);
        }
        match outcome {
            Ok(response) => Ok((
                response,
                Turn {
                    taken,
                    _permit: permit,
                },
            )),
            Err(error) => {
                self.log(&path, &error);
                Err(Failure::Failed)
            }
        }
    }

    async fn wait_for_turn(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        if let Ok(Ok(turn)) = tokio::time::timeout(LONGEST_WAIT, turn).await {
            return Ok(turn);
        }
        tracing::warn!(
            component = &*self.id,
            "too many requests in progress; sent one away"
        );
        Err(Failure::Busy)
    }

    fn log(&self, path: &str, error: &wasmtime::Error) {
        let component = &*self.id;
        if error.is::<TrapOrPanicError>() {
            // The trap itself is logged once, where its instance ended.
            tracing::error!(component, path, "no answer: the instance trapped");
        } else if error.is::<ExpirationError>() {
            tracing::error!(component, path, "no answer: it took too long");
        } else if let Some(error) = error.downcast_ref::<InstantiationError<Taken>>() {
            tracing::error!(
                component,
                path,
                "no answer: cannot start an instance: {:#}",
                error.error
            );
        } else {
            tracing::error!(component, path, "no answer: {error:#}");
        }
    }
}

impl FixedAnswer {
    pub(crate) fn parse(written: &StaticResponse) -> anyhow::Result<Self> {
        let header = |(name, value): (&String, &String)| {
            anyhow::Ok((
                HeaderName::try_from(name.as_str())?,
                HeaderValue::try_from(value.as_str())?,
            ))
        };
        let headers: &BTreeMap<String, String> = &written.headers;
        Ok(Self {
            status: StatusCode::from_u16(written.status_code)?,
            headers: headers.iter().map(header).collect::<anyhow::Result<_>>()?,
            body: Bytes::from(written.body.clone()),
        })
    }
}

//! What a route leads to.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime_wasi_http::handler::{
    ExpirationError, InstantiationError, ProxyHandler, TrapOrPanicError,
};

use super::turns::{Busy, Origin, Turns};
use crate::app::trigger::StaticResponse;
use crate::runtime::instances::{Instances, Taken};

/// A component, or an answer that is always the same.
pub(crate) enum Target {
    Component(Arc<Served>),
    Static(Arc<FixedAnswer>),
}

/// A component in service.
pub(crate) struct Served {
    pub(crate) id: Arc<str>,
    handler: ProxyHandler<Instances>,
    turns: Turns,
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

/// A request's turn; it lasts until its client has taken its answer.
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
        let id = Arc::clone(&instances.services.component);
        let limits = &instances.limits;
        let (most, longest_wait) = (limits.max_concurrent_requests, limits.max_wait_time);
        Self {
            id: Arc::clone(&id),
            turns: Turns::new(id, most, longest_wait),
            handler: ProxyHandler::new(instances),
        }
    }

    /// Lets the component answer.
    pub(crate) async fn answer(
        &self,
        request: wasmtime_wasi_http::handler::Request,
        origin: Origin,
    ) -> Result<(wasmtime_wasi_http::handler::Response, Turn), Failure> {
        let permit = self.turns.take(origin).await?;
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

impl From<Busy> for Failure {
    fn from(Busy: Busy) -> Self {
        Self::Busy
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

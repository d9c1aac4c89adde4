//! Instances of one component: reused as Spin reuses them, stopped when they compute for ever.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::{WasiHttpView as _, p3};

use super::condition::{Condition, watch};
use super::guest::{Guest, Services};
use crate::cli::Limits;
use crate::postgres::lease::Leases;

/// One component, ready to be instantiated.
pub(crate) struct Instances {
    pub(crate) engine: Engine,
    pub(crate) pre: p3::bindings::ServicePre<Guest>,
    pub(crate) services: Arc<Services>,
    pub(crate) limits: Limits,
    /// Set when the host ends: instances that are dropped then have not failed.
    pub(crate) stopping: Arc<AtomicBool>,
}

/// Filled with the instance that took the request.
pub(crate) type Taken = Arc<OnceLock<Taker>>;

/// The instance that took a request, as far as its answer depends on it.
pub(crate) struct Taker {
    pub(crate) condition: Arc<Condition>,
    /// In strict mode, the connections that it has taken.
    pub(crate) leases: Option<Arc<Leases>>,
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, Worker>> {
        let condition = Arc::new(Condition::default());
        let guest = Guest::new(&self.services, &condition)
            .map_err(|error| wasmtime::format_err!("{error:#}"))?;
        let mut store = Store::new(&self.engine, guest);
        store.limiter(|guest| &mut guest.limits);
        watch(&mut store, &condition, self.limits.max_busy_time);
        let request_timeout = self.limits.request_timeout.pick();
        let idle = self.limits.idle_instance_timeout.pick();
        let pre = ProxyPre::P3(self.pre.clone());
        let proxy = pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: |guest| guest.http(),
            expiration: Expiration::new(Arc::clone(&condition), idle, request_timeout),
            state: Worker {
                condition,
                component: Arc::clone(&self.services.component),
                request_timeout,
                most_requests: self.limits.max_instance_reuse_count.pick(),
                most_at_once: self.limits.max_instance_concurrent_reuse_count.pick(),
                stopping: Arc::clone(&self.stopping),
            },
        })
    }
}

/// When an instance is given up: idle for too long, or stuck.
pub(crate) struct Expiration {
    condition: Arc<Condition>,
    idle: Duration,
    stuck: Duration,
    /// Fires at the latest when a limit is reached; usually earlier, and is then set anew.
    timer: Pin<Box<Sleep>>,
}

impl Expiration {
    fn new(condition: Arc<Condition>, idle: Duration, request_timeout: Duration) -> Self {
        Self {
            condition,
            idle,
            // A little after the requests' own limit, which leaves the others in peace.
            stuck: request_timeout.saturating_add(Duration::from_secs(1)),
            timer: Box::pin(tokio::time::sleep(idle)),
        }
    }
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        state: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        self.condition.rests(); // that is when this is polled
        if self.condition.doom().is_some() {
            return Poll::Ready(());
        }
        let limit = match state {
            WorkerStatus::Idle => self.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.stuck,
        };
        let Some(deadline) = start.checked_add(limit) else {
            return Poll::Pending; // a limit beyond all time
        };
        let deadline = tokio::time::Instant::from_std(deadline);
        if deadline < self.timer.deadline() {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if deadline <= tokio::time::Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// The rules of one instance.
pub(crate) struct Worker {
    condition: Arc<Condition>,
    component: Arc<str>,
    request_timeout: Duration,
    most_requests: usize,
    most_at_once: usize,
    stopping: Arc<AtomicBool>,
}

impl WorkerState for Worker {
    type StoreData = Guest;
    type RequestData = Taken;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.most_requests {
            ShouldAccept::Never
        } else if concurrent >= self.most_at_once {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        store: StoreContextMut<'_, Guest>,
        taken: Taken,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        self.condition.waited();
        // A request starts once.
        let _ = taken.set(Taker {
            condition: Arc::clone(&self.condition),
            leases: store.data().leases.clone(),
        });
        Box::pin(tokio::time::sleep(self.request_timeout))
    }

    fn drop(&self, store: Store<Guest>, result: Result<(), wasmtime::Error>) {
        if result.is_err() {
            self.condition.fail(); // before the store goes, and with it the ends of its answers
        }
        if let Err(error) = result
            && !self.stopping.load(Relaxed)
        {
            let component = &*self.component;
            let cause = error.root_cause().to_string();
            let cause = self.condition.doom().unwrap_or(&cause);
            tracing::error!(
                component,
                "an instance ended, and its requests with it: {cause}"
            );
            tracing::debug!(component, "{error:?}");
        }
        drop(store);
    }
}

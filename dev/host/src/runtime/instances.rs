//! Instances of one component: reused as Spin reuses them, stopped when they compute for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Engine, Store, StoreContextMut, UpdateDeadline};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::{WasiHttpView as _, p3};

use super::engine::TICK;
use super::guest::{Guest, Services};
use crate::cli::Limits;

/// One component, ready to be instantiated.
pub(crate) struct Instances {
    pub(crate) engine: Engine,
    pub(crate) pre: p3::bindings::ServicePre<Guest>,
    pub(crate) services: Arc<Services>,
    pub(crate) limits: Limits,
}

impl HandlerState for Instances {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, Worker>> {
        let guest =
            Guest::new(&self.services).map_err(|error| wasmtime::format_err!("{error:#}"))?;
        let mut store = Store::new(&self.engine, guest);
        store.limiter(|guest| &mut guest.limits);
        let busy = Arc::new(Busy::default());
        watch(&mut store, &busy, self.limits.max_busy_time);
        let pre = ProxyPre::P3(self.pre.clone());
        let proxy = pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: |guest| guest.http(),
            expiration: Expiration::new(Arc::clone(&busy), &self.limits),
            state: Worker {
                busy,
                component: Arc::clone(&self.services.component),
                limits: self.limits.clone(),
            },
        })
    }
}

/// How long an instance has computed without waiting for anything.
#[derive(Default)]
struct Busy {
    /// Ticks of the epoch in which it was found computing, since it last waited.
    ticks: AtomicU64,
    /// Set while it gives way to others: that is no waiting.
    giving_way: AtomicBool,
}

impl Busy {
    fn waited(&self) {
        self.ticks.store(0, Relaxed);
    }
}

/// Makes a computing instance give way at every tick, and stops it when it has had its time.
fn watch(store: &mut Store<Guest>, busy: &Arc<Busy>, longest: Duration) {
    let busy = Arc::clone(busy);
    let most = u64::try_from(longest.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if busy.ticks.fetch_add(1, Relaxed) >= most {
            let seconds = longest.as_secs_f64();
            wasmtime::bail!(
                "it computed for {seconds} s without waiting for anything, and was stopped"
            );
        }
        let busy = Arc::clone(&busy);
        let give_way = async move {
            busy.giving_way.store(true, Relaxed);
            tokio::task::yield_now().await;
            busy.giving_way.store(false, Relaxed);
        };
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(give_way)))
    });
}

/// When an instance is given up: idle for too long, or stuck.
pub(crate) struct Expiration {
    busy: Arc<Busy>,
    idle: Duration,
    stuck: Duration,
    /// Fires at the latest when a limit is reached; usually earlier, and is then set anew.
    timer: Pin<Box<Sleep>>,
}

impl Expiration {
    fn new(busy: Arc<Busy>, limits: &Limits) -> Self {
        Self {
            busy,
            idle: limits.idle_instance_timeout,
            // A little after the requests' own limit, which leaves the others in peace.
            stuck: limits.request_timeout + Duration::from_secs(1),
            timer: Box::pin(tokio::time::sleep(limits.idle_instance_timeout)),
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
        // Polled whenever the instance comes to rest: that it waits, unless it only gives way.
        if !self.busy.giving_way.load(Relaxed) {
            self.busy.waited();
        }
        let limit = match state {
            WorkerStatus::Idle => self.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.stuck,
        };
        let deadline = tokio::time::Instant::from_std(start + limit);
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
    busy: Arc<Busy>,
    component: Arc<str>,
    limits: Limits,
}

impl WorkerState for Worker {
    type StoreData = Guest;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.limits.max_instance_reuse_count {
            ShouldAccept::Never
        } else if concurrent >= self.limits.max_instance_concurrent_reuse_count {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, Guest>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        self.busy.waited();
        Box::pin(tokio::time::sleep(self.limits.request_timeout))
    }

    fn drop(&self, store: Store<Guest>, result: Result<(), wasmtime::Error>) {
        if let Err(error) = result {
            let component = &*self.component;
            let cause = error.root_cause();
            tracing::error!(
                component,
                "an instance ended, and its requests with it: {cause}"
            );
            tracing::debug!(component, "{error:?}");
        }
        drop(store);
    }
}

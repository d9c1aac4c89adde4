//! What one instance of a component holds on our side, and what Spin's interfaces see of it.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::component::{Accessor, HasData, Linker, ResourceTable};
use wasmtime::{Engine, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::condition::Condition;
use super::files::Mounts;
use super::stdio::PrefixedOutput;
use crate::app::variables::{ComponentVariables, check_name};
use crate::bindings::spin::variables::variables;
use crate::outbound::Outbound;
use crate::postgres::lease::Leases;
use crate::postgres::pool::Pools;

/// What a component may use; shared by its instances.
pub(crate) struct Services {
    pub(crate) component: Arc<str>,
    pub(crate) variables: ComponentVariables,
    pub(crate) environment: HashMap<String, String>,
    pub(crate) mounts: Mounts,
    pub(crate) postgres: Arc<Pools>,
    pub(crate) outbound: Outbound,
    pub(crate) quiet: bool,
    pub(crate) max_memory: usize,
    /// Whether a transaction that is left open fails its request.
    pub(crate) strict: bool,
}

/// The state of one instance.
pub(crate) struct Guest {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    table: ResourceTable,
    services: Arc<Services>,
    /// In strict mode, the connections that the instance has taken.
    pub(crate) leases: Option<Arc<Leases>>,
    pub(crate) limits: StoreLimits,
}

impl Guest {
    /// Prepares the state of a new instance.
    pub(crate) fn new(
        services: &Arc<Services>,
        condition: &Arc<Condition>,
    ) -> anyhow::Result<Self> {
        let mut wasi = WasiCtxBuilder::new();
        let output = || PrefixedOutput::new(Arc::clone(&services.component), services.quiet);
        wasi.stdout(output()).stderr(output());
        wasi.allow_tcp(false).allow_udp(false);
        for (name, value) in &services.environment {
            wasi.env(name, value);
        }
        services.mounts.open(&mut wasi)?;
        Ok(Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: services.outbound.of_instance(Arc::clone(condition)),
            table: ResourceTable::new(),
            services: Arc::clone(services),
            leases: services.strict.then(Arc::default),
            limits: StoreLimitsBuilder::new()
                .memory_size(services.max_memory)
                .build(),
        })
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outbound,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Marks the implementation of Spin's interfaces.
pub(crate) struct SpinHost;

/// What Spin's interfaces need of an instance.
pub(crate) struct SpinView<'a> {
    pub(crate) table: &'a mut ResourceTable,
    pub(crate) services: &'a Arc<Services>,
    pub(crate) leases: Option<&'a Arc<Leases>>,
}

impl HasData for SpinHost {
    type Data<'a> = SpinView<'a>;
}

/// Everything that a component can import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    // Rust's library in a component of WASI 0.3 still speaks 0.2.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    crate::bindings::Host_::add_to_linker::<_, SpinHost>(&mut linker, |guest: &mut Guest| {
        SpinView {
            table: &mut guest.table,
            services: &guest.services,
            leases: guest.leases.as_ref(),
        }
    })?;
    Ok(linker)
}

impl variables::Host for SpinView<'_> {}

impl<T: Send + 'static> variables::HostWithStore<T> for SpinHost {
    async fn get(
        store: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, variables::Error>> {
        if let Err(text) = check_name(&name) {
            return Ok(Err(variables::Error::InvalidName(text)));
        }
        Ok(store.with(|mut access| {
            let services = access.get().services;
            services.variables.get(&name).cloned().ok_or_else(|| {
                let text = format!("no variable for \"{}\".\"{name}\"", services.component);
                variables::Error::Undefined(text)
            })
        }))
    }
}

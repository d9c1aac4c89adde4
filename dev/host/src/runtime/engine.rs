//! The wasmtime engine, and the clock by which components are interrupted.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
};

use super::plain;

/// How often a computing component gives way to others, and its time is counted.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Instances that may exist at once, over all components (Spin's number).
const MAX_INSTANCES: u32 = 1000;

/// Makes the engine. `cache` is the folder in which compiled components are kept.
pub(crate) fn build(cache: Option<&Path>) -> Result<Engine> {
    let pooled = config(cache, true).and_then(|config| Engine::new(&config).map_err(plain));
    let engine = match pooled {
        Ok(engine) => engine,
        // The pool reserves terabytes of address space, which some containers do not give.
        Err(error) => {
            tracing::debug!("no pool of instances ({error:#}); each is allocated on its own");
            Engine::new(&config(cache, false)?)
                .map_err(plain)
                .context("start wasmtime")?
        }
    };
    start_clock(&engine)?;
    Ok(engine)
}

fn config(cache: Option<&Path>, pooling: bool) -> Result<Config> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    if let Some(folder) = cache {
        let mut settings = CacheConfig::new();
        settings.with_directory(folder);
        let cache = Cache::new(settings)
            .map_err(plain)
            .context("open the cache of compiled components")?;
        config.cache(Some(cache));
    }
    if pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    }
    Ok(config)
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MAX_INSTANCES)
        .total_core_instances(4 * MAX_INSTANCES)
        .total_memories(MAX_INSTANCES)
        .total_tables(2 * MAX_INSTANCES)
        .total_stacks(MAX_INSTANCES)
        .max_memories_per_component(32)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        // What an instance leaves behind is cleared rather than unmapped up to here: far cheaper.
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(512 << 10);
    pool
}

/// One thread moves the epoch of the engine on, for as long as the engine lives.
fn start_clock(engine: &Engine) -> Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .context("start the epoch thread")
        .map(drop)
}

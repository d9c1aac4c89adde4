//! Reads and compiles the components that a trigger refers to, as many at once as there are cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use super::componentize::{check_generation, componentize};
use super::guest::{Guest, linker};
use super::plain;
use super::progress::Progress;

/// A component that can be instantiated.
pub(crate) type Ready = ServicePre<Guest>;

/// Compiles all components of `sources` (id and file, relative to `base`). The first mistake is
/// the error; it names its component.
pub(crate) fn load_all(
    engine: &Engine,
    base: &Path,
    sources: &BTreeMap<Arc<str>, String>,
) -> Result<BTreeMap<Arc<str>, Ready>> {
    let linker = linker(engine)
        .map_err(plain)
        .context("prepare the host's interfaces")?;
    let sources: Vec<_> = sources.iter().collect();
    let next = AtomicUsize::new(0);
    let progress = Progress::new(sources.len());
    let work = || {
        let mut done = Vec::new();
        while let Some((id, source)) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
            let since = Instant::now();
            let ready = load(engine, &linker, &base.join(source))
                .with_context(|| format!("component `{id}` ({source})"))?;
            progress.done(id, since);
            done.push((Arc::clone(id), ready));
        }
        anyhow::Ok(done)
    };
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(sources.len());
    let parts: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let panicked = |_| Err(anyhow::anyhow!("the compiler panicked"));
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(panicked))
            .collect()
    });
    let mut all = BTreeMap::new();
    for part in parts {
        all.extend(part?);
    }
    Ok(all)
}

fn load(engine: &Engine, linker: &Linker<Guest>, file: &Path) -> Result<Ready> {
    let bytes = std::fs::read(file)
        .with_context(|| format!("read {}; has it been built?", file.display()))?;
    let bytes = componentize(&bytes)?;
    let component = Component::new(engine, &bytes)
        .map_err(plain)
        .context("compile it")?;
    check_generation(engine, &component)?;
    let pre = linker
        .instantiate_pre(&component)
        .map_err(plain)
        .context("link it")?;
    ServicePre::new(pre).map_err(plain)
}

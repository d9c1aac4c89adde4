//! Components: how they are read, compiled, given their capabilities, and run.

pub(crate) mod componentize;
pub(crate) mod condition;
pub(crate) mod engine;
pub(crate) mod files;
pub(crate) mod guest;
pub(crate) mod instances;
pub(crate) mod load;
pub(crate) mod progress;
pub(crate) mod stdio;

/// wasmtime's error, with its causes, as one that programs use.
pub(crate) fn plain(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into_boxed_dyn_error())
}

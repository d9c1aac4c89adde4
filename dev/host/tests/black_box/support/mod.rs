//! What the tests stand on: the component under test, a running host, a PostgreSQL.

pub(crate) mod host;
pub(crate) mod postgres;
pub(crate) mod wasm;

pub(crate) use host::Host;

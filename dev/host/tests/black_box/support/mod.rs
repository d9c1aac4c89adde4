//! What the tests stand on: the component under test, a running host, a PostgreSQL.

pub(crate) mod certificate;
pub(crate) mod host;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod wasm;

pub(crate) use host::Host;
pub(crate) use program::{is_ours, only_ours};

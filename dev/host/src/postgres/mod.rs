//! `spin:postgres`: PostgreSQL for components, through one pool per component and address.

#![expect(
    clippy::result_large_err,
    reason = "the error is the interface's own type"
)]

pub(crate) mod address;
pub(crate) mod connection;
pub(crate) mod error;
pub(crate) mod lease;
pub(crate) mod params;
pub(crate) mod pool;
pub(crate) mod range;
pub(crate) mod rows;
pub(crate) mod time;
pub(crate) mod tls;
pub(crate) mod values;

pub(crate) use crate::bindings::spin::postgres::postgres as wit;

/// Why a value cannot be read or written.
type Wrong = Box<dyn std::error::Error + Sync + Send>;

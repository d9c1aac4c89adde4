//! The host as its user sees it: the program, started with a manifest, spoken to over HTTP.
//!
//! All but `ours` holds for Spin too: `SPIN=/path/to/spin cargo test -p dev-host --test black_box`
//! runs against it, and leaves `ours` out, saying why.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chaining;
mod failures;
mod files;
mod headers;
mod http;
mod ours;
mod outbound;
mod outbound_time;
mod postgres;
mod postgres_pool;
mod postgres_tls;
mod reuse;
mod routes;
mod support;
mod transactions;
mod variables;

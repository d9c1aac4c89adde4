//! The host as its user sees it: the program, started with a manifest, spoken to over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cache;
mod faults;
mod http;
mod manifest;
mod outbound;
mod postgres;
mod support;

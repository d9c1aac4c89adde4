//! The stand-in as a program of its own, on a PostgreSQL of its own.

mod api;
mod conformance;
mod process;
mod support;
mod time;
mod webhooks;

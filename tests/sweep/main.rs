//! All rules of the API, on every operation that the running platform's document names: none is tried by hand,
//! so a new one is held to them from its first day. Who gets what is in `callers.toml`.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

mod answers;
mod bodies;
mod callers;
mod deployed;
mod document;
mod filling;
mod idempotency;
mod limits;
mod lists;
mod outage;
mod stage;
mod table;

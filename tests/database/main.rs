//! The platform on a PostgreSQL that goes away, fills up and has no room: `cargo xtask test database` starts both.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

mod budget;
mod faults;
mod load;
mod world;

//! The whole platform from outside, by its API.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

mod admission;
mod chat;
mod daemon;
mod health;
mod rules;
mod tenancy;
mod tokens;
mod webhooks;
mod whole_path;

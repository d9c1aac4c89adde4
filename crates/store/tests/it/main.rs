//! The schema on a real PostgreSQL: migrations, rights, tenancy, clocks, sessions, TLS.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

mod health;
mod migrations;
mod privileges;
mod rules;
mod schedule;
mod sessions;
mod supabase;
mod support;
mod tenancy;
mod tls;
mod words;

//! The schema on a real PostgreSQL: migrations, rights, tenancy, clocks, sessions, TLS.

#![expect(clippy::unwrap_used, reason = "a test says what it found by panicking")]

mod acting;
mod admin_accounts;
mod admin_instances;
mod admin_lists;
mod claims;
mod departures;
mod first_passwords;
mod health;
mod instance_databases;
mod maintenance;
mod migrations;
mod my_account;
mod operators;
mod privileges;
mod rules;
mod schedule;
mod sessions;
mod supabase;
mod support;
mod tenancy;
mod tls;
mod usage;
mod words;

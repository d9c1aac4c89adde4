//! The daemon against a real PostgreSQL, a fake Stripe, and real Synapse and MindRoom.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod child;
mod delete_account;
mod end_to_end;
mod faults;
mod health;
mod instance_api;
mod invariants;
mod kubernetes;
mod lanes;
mod local;
mod local_kills;
mod made_up;
mod outside;
mod probes;
mod property;
mod proxy;
mod queue;
mod reconcile;
mod runner;
mod stripe_catch_up;
mod stripe_event;
mod stripe_fake;
mod world;

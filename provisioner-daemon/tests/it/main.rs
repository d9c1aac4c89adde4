//! The daemon against a real PostgreSQL, a fake Stripe, and real Synapse and MindRoom.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod cluster;
mod end_to_end;
mod instance_api;
mod lanes;
mod queue;
mod reconcile;
mod runner;
mod stripe_event;
mod world;

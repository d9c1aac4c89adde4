//! What is paid for, from Stripe's events to what a customer sees. Each customer has a clock of its own at the
//! stand-in, so that nobody else's time moves.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod checkout;
mod lives;
mod portal;
mod renewal;
mod shop;
mod stripe;
mod subscription;
mod trouble;
mod webhooks;

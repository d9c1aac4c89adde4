//! What the system tests share: where the running platform is, and accounts that act on it as a person would.

#![expect(
    clippy::missing_panics_doc,
    reason = "asserting is what these helpers are for"
)]

mod account;
mod door;
mod matrix;
mod platform;
mod processes;
mod replica;
mod wait;

pub use account::Account;
pub use door::{Door, new_loopback};
pub use matrix::Matrix;
pub use platform::{Answer, Platform, SystemKeys};
pub use processes::{homeserver_pids, homeservers};
pub use replica::Replica;
pub use wait::until;

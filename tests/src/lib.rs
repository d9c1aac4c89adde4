//! What the system tests share: where the running platform is, and accounts that act on it as a person would.

mod account;
mod platform;
mod wait;

pub use account::Account;
pub use platform::{Answer, Platform, SystemKeys};
pub use wait::until;

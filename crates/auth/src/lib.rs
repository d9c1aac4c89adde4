//! Who is calling: tokens verified, machine keys, and callers as types that only this crate can make.

mod caller;
mod key;
mod token;

pub use caller::{AccountCaller, AdminCaller, SystemCaller};
pub use key::{MachineKey, Scope};
pub use token::{Claims, KeySet, TokenError, Verifier};

//! One file per group of routes.

pub(crate) mod admin;
pub(crate) mod disabled;
pub(crate) mod health;
pub(crate) mod logout;
pub(crate) mod mails;
pub(crate) mod outbox;
mod pkce;
mod refresh;
pub(crate) mod signup;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod verify;

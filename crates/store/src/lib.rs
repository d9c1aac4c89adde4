//! Migrations and every SQL statement.
//!
//! A function's work is one statement: a call of a database function of schema `api` (see `migrations/`), which
//! lets the caller in, checks the state it decides on, changes rows, enqueues the job, writes the audit entry
//! and answers in the wire's shape. Here each has a typed wrapper. The daemon's statements are in [`daemon`].

pub mod accounts;
mod answer;
pub mod audit;
pub mod billing;
mod call;
#[cfg(feature = "native")]
pub mod daemon;
mod database;
pub mod departures;
pub mod idempotency;
pub mod instances;
pub mod jobs;
pub mod ledger;
pub mod limits;
pub mod maintenance;
#[cfg(feature = "native")]
pub mod native;
mod page;
pub mod platform;
pub mod subscriptions;

pub use answer::{Answer, Begun, Rate, Refusal};
pub use call::{Call, IdempotencyKey, RequestFacts, RouteGroup};
pub use database::{Access, Database, DatabaseError, Value};
pub use page::Page;

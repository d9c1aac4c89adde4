//! The only crate that knows Spin: it takes a request from the runtime, finds its route, proves its caller, and
//! makes every answer and every problem look alike. A function is a table of routes:
//!
//! ```ignore
//! edge::routes! {
//!     GET read "/my/instances" => list::handle;
//!     POST start "/my/instances/provision" => provision::handle;
//! }
//! ```
//!
//! Nothing of a request may be kept in statics: instances of a function are shared by requests, also at once.

mod answer;
mod caller;
mod client;
mod context;
mod database;
mod error;
mod finish;
mod idempotency;
mod keys;
mod outbound;
mod problem;
mod request;
mod route;
mod serve;
mod settings;
mod text;

pub use answer::Answer;
pub use caller::Anonymous;
pub use context::Context;
pub use error::Error;
pub use http::StatusCode;
pub use http::header::ETAG;
pub use outbound::{Outbound, Reply};
pub use request::Request;
pub use route::{Handler, Limits, Route};
pub use serve::serve;
pub use settings::Settings;
pub use store::{Begun, Refusal};
pub use text::{line, lines, reason};

/// Waits without holding anything of the runtime.
pub async fn sleep(duration: std::time::Duration) {
    spin_sdk::time::sleep(duration).await;
}

#[doc(hidden)]
pub mod runtime {
    pub use crate::caller::Caller;
    pub use crate::route::{Run, prove_and_run};
    pub use spin_sdk;
    pub use store::RouteGroup;
}

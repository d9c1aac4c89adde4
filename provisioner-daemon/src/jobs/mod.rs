//! The kinds of jobs. One file per kind.

mod reconcile_instance;
mod stripe_event;
mod stripe_transport;

pub use reconcile_instance::ReconcileInstance;
pub use stripe_event::StripeEvent;
pub use stripe_transport::StripeTransport;

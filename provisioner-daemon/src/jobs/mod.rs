//! The kinds of jobs. One file per kind.

mod delete_account;
mod measure_usage;
mod reconcile_instance;
mod stripe_catch_up;
mod stripe_event;
mod stripe_reading;
mod stripe_transport;

pub use delete_account::DeleteAccount;
pub use measure_usage::MeasureUsage;
pub use reconcile_instance::ReconcileInstance;
pub use stripe_catch_up::StripeCatchUp;
pub use stripe_event::StripeEvent;
pub use stripe_transport::StripeTransport;
